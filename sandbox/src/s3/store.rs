//! The S3 operations: buckets from our table, objects from the shelf and the blobs.

use std::io;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, BucketLocationConstraint,
    BucketVersioningStatus, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CopyObjectInput, CopyObjectOutput, CreateBucketInput, CreateBucketOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput,
    DeleteObjectsInput, DeleteObjectsOutput, ETagCondition, Error, GetBucketLocationInput,
    GetBucketLocationOutput, GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectInput,
    GetObjectOutput, GetObjectTaggingInput, GetObjectTaggingOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectVersionsInput,
    ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutBucketVersioningInput,
    PutBucketVersioningOutput, PutObjectInput, PutObjectOutput, PutObjectTaggingInput,
    PutObjectTaggingOutput, StreamingBlob, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::blobs::{Blobs, Promised};
use super::buckets::{Bucket, Buckets};
use super::listing;
use super::objects::add;
use super::shelf::{Described, Shelf, Version};
use crate::iam::Account;

pub(super) type Outcome<T> = S3Result<S3Response<T>>;

/// Clones share what is stored.
#[derive(Debug, Clone)]
pub(super) struct Store {
    account: Account,
    buckets: Buckets,
    pub(super) shelf: Shelf,
    pub(super) blobs: Blobs,
}

/// An object as its owner puts it into a bucket.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deposit<'a> {
    pub content_type: &'a str,
    pub content: &'a [u8],
    pub metadata: &'a [(&'a str, &'a str)],
    pub tags: &'a [(&'a str, &'a str)],
}

impl Store {
    pub(super) fn open(account: &Account, buckets: &Buckets) -> io::Result<Self> {
        let blobs = Blobs::open(&buckets.objects())?;
        Ok(Self {
            account: account.clone(),
            buckets: buckets.clone(),
            shelf: Shelf::open(buckets.folder(), blobs.clone())?,
            blobs,
        })
    }

    pub(super) async fn deposit(
        &self,
        bucket: &str,
        key: &str,
        deposit: Deposit<'_>,
    ) -> io::Result<()> {
        let body = StreamingBlob::from(s3s::Body::from(deposit.content.to_vec()));
        let received = self.blobs.receive(Some(body), Promised::default()).await;
        let received = received.map_err(io::Error::other)?;
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let pairs = pairs.iter();
            pairs
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        let new = Version {
            modified: self.now(),
            size: received.blob.length,
            etag: received.md5,
            blobs: vec![received.blob],
            described: Described {
                content_type: Some(deposit.content_type.to_owned()),
                metadata: pairs(deposit.metadata).into_iter().collect(),
                ..Described::default()
            },
            tags: pairs(deposit.tags),
            sums: received.sums,
            sums_of: Some("FULL_OBJECT".to_owned()),
            ..Version::default()
        };
        let added = self.shelf.change(bucket, key, |versions, versioning| {
            Ok(add(versions, versioning, new))
        });
        added.map(drop).map_err(io::Error::other)
    }

    /// Milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        let now = self.account.core.clock.utc().unix_timestamp_nanos() / 1_000_000;
        i64::try_from(now).unwrap_or_default()
    }

    pub(super) fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.buckets.get(name).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::NoSuchBucket,
                "The specified bucket does not exist",
            )
        })
    }
}

/// Outside us-east-1 the region must be named, and must be the endpoint's.
fn check_location(input: &CreateBucketInput, region: &str) -> S3Result<()> {
    let configuration = input.create_bucket_configuration.as_ref();
    let asked = configuration.and_then(|configuration| configuration.location_constraint.as_ref());
    let asked = asked.map_or("us-east-1", BucketLocationConstraint::as_str);
    if asked == region {
        return Ok(());
    }
    let message = format!(
        "The {asked} location constraint is incompatible for the region specific endpoint this request was sent to."
    );
    Err(S3Error::with_message(
        S3ErrorCode::IllegalLocationConstraintException,
        message,
    ))
}

#[async_trait::async_trait]
impl S3 for Store {
    async fn list_buckets(&self, req: S3Request<ListBucketsInput>) -> Outcome<ListBucketsOutput> {
        listing::list(&self.buckets, &self.account.id, &req.input).map(S3Response::new)
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> Outcome<HeadBucketOutput> {
        let bucket = self.bucket(&req.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: Some(bucket.region),
            ..HeadBucketOutput::default()
        }))
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> Outcome<GetBucketLocationOutput> {
        let region = self.bucket(&req.input.bucket)?.region;
        let location_constraint =
            (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint,
        }))
    }

    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> Outcome<CreateBucketOutput> {
        let region = self.buckets.region();
        check_location(&req.input, region)?;
        let name = &req.input.bucket;
        let made = self
            .buckets
            .with_bucket(name, region, self.account.core.clock.utc());
        if made.map_err(S3Error::internal_error)? {
            let location = Some(format!("/{name}"));
            return Ok(S3Response::new(CreateBucketOutput { location }));
        }
        let message =
            "Your previous request to create the named bucket succeeded and you already own it.";
        Err(S3Error::with_message(
            S3ErrorCode::BucketAlreadyOwnedByYou,
            message,
        ))
    }

    async fn delete_bucket(
        &self,
        req: S3Request<DeleteBucketInput>,
    ) -> Outcome<DeleteBucketOutput> {
        let bucket = self.bucket(&req.input.bucket)?;
        let empty = self
            .shelf
            .look(&bucket.name, |content| content.keys.is_empty());
        if !empty {
            let message = "The bucket you tried to delete is not empty";
            return Err(S3Error::with_message(S3ErrorCode::BucketNotEmpty, message));
        }
        self.shelf.remove(&bucket.name)?;
        let removed = self.buckets.remove(&bucket.name);
        removed.map_err(S3Error::internal_error)?;
        Ok(S3Response::new(DeleteBucketOutput {}))
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> Outcome<ListObjectsOutput> {
        self.list_v1(req.input)
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> Outcome<ListObjectsV2Output> {
        self.list_v2(req.input)
    }

    async fn list_object_versions(
        &self,
        req: S3Request<ListObjectVersionsInput>,
    ) -> Outcome<ListObjectVersionsOutput> {
        self.list_versions(req.input)
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> Outcome<HeadObjectOutput> {
        self.head(&req.input)
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Outcome<GetObjectOutput> {
        self.get(&req.input)
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Outcome<PutObjectOutput> {
        self.put(req).await
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> Outcome<CopyObjectOutput> {
        self.copy(&req)
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> Outcome<DeleteObjectOutput> {
        self.delete(&req.input)
    }

    async fn get_object_tagging(
        &self,
        req: S3Request<GetObjectTaggingInput>,
    ) -> Outcome<GetObjectTaggingOutput> {
        self.tags(&req.input)
    }

    async fn put_object_tagging(
        &self,
        req: S3Request<PutObjectTaggingInput>,
    ) -> Outcome<PutObjectTaggingOutput> {
        self.set_tags(&req.input)
    }

    async fn delete_object_tagging(
        &self,
        req: S3Request<DeleteObjectTaggingInput>,
    ) -> Outcome<DeleteObjectTaggingOutput> {
        self.clear_tags(&req.input)
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Outcome<CreateMultipartUploadOutput> {
        self.begin(&req.input)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Outcome<UploadPartOutput> {
        self.part(req).await
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> Outcome<UploadPartCopyOutput> {
        self.part_copy(req.input).await
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Outcome<ListPartsOutput> {
        self.parts(req.input)
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> Outcome<ListMultipartUploadsOutput> {
        self.uploads(req.input)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Outcome<CompleteMultipartUploadOutput> {
        self.complete(req.input)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Outcome<AbortMultipartUploadOutput> {
        self.abort(&req.input)
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> Outcome<DeleteObjectsOutput> {
        let input = req.input;
        self.bucket(&input.bucket)?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for it in input.delete.objects {
            let same = it.e_tag.clone().map(ETagCondition::ETag);
            match self.gone(
                &input.bucket,
                &it.key,
                it.version_id.as_deref(),
                same.as_ref(),
            ) {
                Ok(gone) => deleted.push(gone),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(it.key),
                    message: error.message().map(str::to_owned),
                    version_id: it.version_id,
                }),
            }
        }
        let quiet = input.delete.quiet == Some(true);
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: (!errors.is_empty()).then_some(errors),
            request_charged: None,
        }))
    }

    async fn get_bucket_versioning(
        &self,
        req: S3Request<GetBucketVersioningInput>,
    ) -> Outcome<GetBucketVersioningOutput> {
        self.bucket(&req.input.bucket)?;
        let status = self
            .shelf
            .look(&req.input.bucket, |content| content.versioning.clone());
        Ok(S3Response::new(GetBucketVersioningOutput {
            status: status.map(BucketVersioningStatus::from),
            mfa_delete: None,
        }))
    }

    async fn put_bucket_versioning(
        &self,
        req: S3Request<PutBucketVersioningInput>,
    ) -> Outcome<PutBucketVersioningOutput> {
        self.bucket(&req.input.bucket)?;
        let status = req.input.versioning_configuration.status;
        let status = status.ok_or_else(|| S3Error::new(S3ErrorCode::MalformedXML))?;
        self.shelf
            .set_versioning(&req.input.bucket, status.as_str())?;
        Ok(S3Response::new(PutBucketVersioningOutput {}))
    }
}
