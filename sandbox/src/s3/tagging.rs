//! Tags of objects.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
};
use s3s::{S3Error, S3ErrorCode, S3Response, S3Result};

use super::objects::no_such_key;
use super::store::{Outcome, Store};

const MOST: usize = 10;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// `x-amz-tagging`: pairs as in a query.
pub(super) fn of_header(header: Option<&str>) -> S3Result<Vec<(String, String)>> {
    let pairs = form_urlencoded::parse(header.unwrap_or_default().as_bytes());
    checked(pairs.into_owned().collect())
}

fn checked(mut tags: Vec<(String, String)>) -> S3Result<Vec<(String, String)>> {
    let invalid =
        |message: &str| S3Error::with_message(S3ErrorCode::InvalidTag, message.to_owned());
    if tags.len() > MOST {
        let message = "Object tags cannot be greater than 10";
        return Err(S3Error::with_message(S3ErrorCode::InvalidTag, message));
    }
    tags.sort();
    if tags
        .windows(2)
        .any(|two| matches!(two, [(a, _), (b, _)] if a == b))
    {
        return Err(invalid("Cannot provide multiple Tags with the same key"));
    }
    for (key, value) in &tags {
        let allowed = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
        if key.is_empty() || key.chars().count() > LONGEST_KEY || !key.chars().all(allowed) {
            return Err(invalid("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > LONGEST_VALUE || !value.chars().all(allowed) {
            return Err(invalid("The TagValue you have provided is invalid"));
        }
    }
    Ok(tags)
}

impl Store {
    pub(super) fn tags(&self, input: &GetObjectTaggingInput) -> Outcome<GetObjectTaggingOutput> {
        self.bucket(&input.bucket)?;
        let version = self.version(&input.bucket, &input.key, input.version_id.as_deref())?;
        let tags = version.tags.into_iter().map(|(key, value)| Tag {
            key: Some(key),
            value: Some(value),
        });
        Ok(S3Response::new(GetObjectTaggingOutput {
            tag_set: tags.collect(),
            version_id: None,
        }))
    }

    pub(super) fn set_tags(
        &self,
        input: &PutObjectTaggingInput,
    ) -> Outcome<PutObjectTaggingOutput> {
        let tags = input.tagging.tag_set.iter().map(|tag| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            (text(&tag.key), text(&tag.value))
        });
        let tags = checked(tags.collect())?;
        self.retag(&input.bucket, &input.key, input.version_id.as_deref(), tags)?;
        Ok(S3Response::new(PutObjectTaggingOutput::default()))
    }

    pub(super) fn clear_tags(
        &self,
        input: &DeleteObjectTaggingInput,
    ) -> Outcome<DeleteObjectTaggingOutput> {
        let id = input.version_id.as_deref();
        self.retag(&input.bucket, &input.key, id, Vec::new())?;
        Ok(S3Response::new(DeleteObjectTaggingOutput::default()))
    }

    fn retag(
        &self,
        bucket: &str,
        key: &str,
        id: Option<&str>,
        tags: Vec<(String, String)>,
    ) -> S3Result<()> {
        self.bucket(bucket)?;
        let wanted = self.version(bucket, key, id)?.id;
        self.shelf.change(bucket, key, |versions, _| {
            let version = versions.iter_mut().find(|it| it.id == wanted);
            version.ok_or_else(no_such_key)?.tags = tags;
            Ok(())
        })
    }
}
