//! What S3 says of one object beside its content.

use aws_sdk_s3::operation::delete_object_tagging::DeleteObjectTaggingError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::get_object_tagging::GetObjectTaggingError;
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::operation::put_object_tagging::PutObjectTaggingError;
use aws_sdk_s3::types::{Tag, Tagging};
use time::OffsetDateTime;

use super::Failure;
use super::write::{Place, failure};
use crate::aws::{S3, sdk_key};
use crate::catalog::description::{Described, Description};

/// `HeadObject`, and the tags if there are any; `None` without such an object.
pub(in crate::catalog) async fn describe(
    s3: &S3,
    place: &Place,
    version: Option<&str>,
) -> Result<Option<Described>, Failure> {
    let request = s3.sdk().head_object();
    let head = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .set_version_id(version.map(str::to_owned));
    let head = match head.send().await {
        Ok(head) => head,
        Err(error) => {
            let nothing = error.raw_response().map(|it| it.status().as_u16());
            return match nothing {
                // 405: what is latest there is a delete marker
                Some(404 | 405) => Ok(None),
                Some(301 | 307 | 400 | 403) => Err(reason(s3, place, version).await),
                _ => Err(failure::<HeadObjectError>(s3, &error)),
            };
        }
    };
    let tagged = head.tag_count().is_some_and(|count| count > 0);
    let mut described = read(head);
    if tagged {
        described.description.tags = tags(s3, place, version).await?;
    }
    Ok(Some(described))
}

/// Why an object can't be described: answers to HEAD have no body that says so, those to GET have.
async fn reason(s3: &S3, place: &Place, version: Option<&str>) -> Failure {
    let request = s3.sdk().get_object();
    let got = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .set_version_id(version.map(str::to_owned))
        .range("bytes=0-0")
        .send()
        .await;
    match got {
        Ok(_) => Failure::Away(s3.unanswered("HEAD is refused, and GET is not".to_owned())),
        Err(error) => failure::<GetObjectError>(s3, &error),
    }
}

fn read(head: HeadObjectOutput) -> Described {
    let modified = head.last_modified;
    let modified = modified.and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
    let mut description = Description {
        content_type: head.content_type,
        content_encoding: head.content_encoding,
        content_language: head.content_language,
        ..Description::default()
    };
    description.set_metadata(head.metadata);
    Described {
        etag: head.e_tag,
        version: head.version_id,
        size: head.content_length,
        last_modified: modified,
        // S3 names the class only if it is another
        storage_class: head
            .storage_class
            .map_or_else(|| "STANDARD".to_owned(), |class| class.as_str().to_owned()),
        description,
    }
}

/// `GetObjectTagging`, in the order of the keys.
pub(in crate::catalog) async fn tags(
    s3: &S3,
    place: &Place,
    version: Option<&str>,
) -> Result<Vec<(String, String)>, Failure> {
    let request = s3.sdk().get_object_tagging();
    let tagging = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .set_version_id(version.map(str::to_owned))
        .send()
        .await
        .map_err(|e| failure::<GetObjectTaggingError>(s3, &e))?;
    let tags = tagging.tag_set.into_iter().map(|tag| (tag.key, tag.value));
    let mut tags: Vec<_> = tags.collect();
    tags.sort_unstable();
    Ok(tags)
}

/// `PutObjectTagging`, or `DeleteObjectTagging` for none; of the latest version, or of this one.
pub(in crate::catalog) async fn set_tags(
    s3: &S3,
    place: &Place,
    version: Option<&str>,
    tags: &[(String, String)],
) -> Result<(), Failure> {
    if tags.is_empty() {
        let request = s3.sdk().delete_object_tagging();
        let request = request
            .bucket(&place.bucket)
            .key(sdk_key(&place.key))
            .set_version_id(version.map(str::to_owned));
        let cleared = request.send().await;
        let cleared = cleared.map_err(|e| failure::<DeleteObjectTaggingError>(s3, &e));
        return cleared.map(drop);
    }
    let tags = tags.iter().map(|(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.map_err(|e| Failure::Away(s3.unanswered(e.to_string())))
    });
    let tags: Vec<Tag> = tags.collect::<Result<_, _>>()?;
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build();
    let tagging = tagging.map_err(|e| Failure::Away(s3.unanswered(e.to_string())))?;
    let request = s3.sdk().put_object_tagging();
    let request = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .set_version_id(version.map(str::to_owned))
        .tagging(tagging);
    let set = request.send().await;
    set.map_err(|e| failure::<PutObjectTaggingError>(s3, &e))
        .map(drop)
}
