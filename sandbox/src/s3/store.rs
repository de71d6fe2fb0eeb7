//! The S3 operations: buckets from our table, objects from s3s-fs.

use std::io;
use std::sync::Arc;

use axum::http::{Extensions, HeaderMap, Method, Uri};
use bytes::Bytes;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, BucketLocationConstraint,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput,
    CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, Object,
    ObjectStorageClass, PutObjectInput, PutObjectOutput, StreamingBlob, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;

use super::buckets::{Bucket, Buckets};
use super::conditions::Conditions;
use super::listing;
use crate::iam::Account;

/// Clones share the folder.
#[derive(Debug, Clone)]
pub(super) struct Store {
    account: Account,
    buckets: Buckets,
    files: Arc<FileSystem>,
}

/// The conditions of a read, of whichever kind.
macro_rules! conditions {
    ($input:expr) => {
        Conditions {
            same: $input.if_match.clone(),
            other: $input.if_none_match.clone(),
            newer_than: $input.if_modified_since.clone(),
            not_newer_than: $input.if_unmodified_since.clone(),
        }
    };
}

type Outcome<T> = S3Result<S3Response<T>>;

impl Store {
    pub(super) fn open(account: &Account, buckets: &Buckets) -> io::Result<Self> {
        let files = FileSystem::new(buckets.objects())
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
        Ok(Self {
            account: account.clone(),
            buckets: buckets.clone(),
            files: Arc::new(files),
        })
    }

    pub(super) async fn put(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        content: &[u8],
    ) -> io::Result<()> {
        let length = i64::try_from(content.len()).map_err(io::Error::other)?;
        let body = StreamingBlob::from(s3s::Body::from(Bytes::copy_from_slice(content)));
        let input = PutObjectInput::builder()
            .bucket(bucket.to_owned())
            .key(key.to_owned())
            .content_type(Some(content_type.to_owned()))
            .content_length(Some(length))
            .body(Some(body))
            .build()
            .map_err(io::Error::other)?;
        self.files
            .put_object(request(Method::PUT, input))
            .await
            .map(drop)
            .map_err(io::Error::other)
    }

    pub(super) async fn keys(&self, bucket: &str) -> io::Result<Vec<String>> {
        let input = ListObjectsV2Input::builder().bucket(bucket.to_owned());
        let input = input.build().map_err(io::Error::other)?;
        let page = self
            .files
            .list_objects_v2(request(Method::GET, input))
            .await;
        let objects = page.map_err(io::Error::other)?.output.contents;
        let objects = objects.into_iter().flatten();
        Ok(objects.filter_map(|object| object.key).collect())
    }

    fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.buckets.get(name).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::NoSuchBucket,
                "The specified bucket does not exist",
            )
        })
    }

    /// What s3s-fs leaves out of lists.
    async fn complete(&self, bucket: &str, object: &mut Object) -> S3Result<()> {
        let input = HeadObjectInput::builder()
            .bucket(bucket.to_owned())
            .key(object.key.clone().unwrap_or_default())
            .build()
            .map_err(S3Error::internal_error)?;
        let head = self.files.head_object(request(Method::HEAD, input)).await?;
        object.e_tag = head.output.e_tag;
        object.storage_class = Some(ObjectStorageClass::from_static("STANDARD"));
        Ok(())
    }

    /// Folders that hold no file are what s3s-fs leaves behind, not objects.
    fn is_empty(&self, bucket: &str) -> io::Result<bool> {
        let mut folders = vec![self.buckets.objects().join(bucket)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                if !entry.file_type()?.is_dir() {
                    return Ok(false);
                }
                folders.push(entry.path());
            }
        }
        Ok(true)
    }
}

/// A request of our own to s3s-fs.
fn request<T>(method: Method, input: T) -> S3Request<T> {
    S3Request {
        input,
        method,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions: Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
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
        if !self
            .is_empty(&bucket.name)
            .map_err(S3Error::internal_error)?
        {
            let message = "The bucket you tried to delete is not empty";
            return Err(S3Error::with_message(S3ErrorCode::BucketNotEmpty, message));
        }
        self.buckets
            .remove(&bucket.name)
            .map_err(S3Error::internal_error)?;
        Ok(S3Response::new(DeleteBucketOutput {}))
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> Outcome<ListObjectsOutput> {
        self.bucket(&req.input.bucket)?;
        self.files.list_objects(req).await
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> Outcome<ListObjectsV2Output> {
        self.bucket(&req.input.bucket)?;
        let encoding = req.input.encoding_type.clone();
        let bucket = req.input.bucket.clone();
        let mut answer = self.files.list_objects_v2(req).await?;
        for object in answer.output.contents.iter_mut().flatten() {
            self.complete(&bucket, object).await?;
        }
        // s3s-fs says that it encodes, but doesn't
        if encoding.is_some_and(|encoding| encoding.as_str() == "url") {
            listing::encode_keys(&mut answer.output);
        }
        Ok(answer)
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> Outcome<HeadObjectOutput> {
        self.bucket(&req.input.bucket)?;
        let conditions = conditions!(req.input);
        let answer = self.files.head_object(req).await?;
        let (etag, modified) = (&answer.output.e_tag, &answer.output.last_modified);
        conditions.check(etag.as_ref(), modified.as_ref())?;
        Ok(answer)
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Outcome<GetObjectOutput> {
        self.bucket(&req.input.bucket)?;
        let conditions = conditions!(req.input);
        let answer = self.files.get_object(req).await?;
        let (etag, modified) = (&answer.output.e_tag, &answer.output.last_modified);
        conditions.check(etag.as_ref(), modified.as_ref())?;
        Ok(answer)
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Outcome<PutObjectOutput> {
        self.bucket(&req.input.bucket)?;
        self.files.put_object(req).await
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> Outcome<CopyObjectOutput> {
        self.bucket(&req.input.bucket)?;
        self.files.copy_object(req).await
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> Outcome<DeleteObjectOutput> {
        self.bucket(&req.input.bucket)?;
        self.files.delete_object(req).await
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> Outcome<DeleteObjectsOutput> {
        self.bucket(&req.input.bucket)?;
        self.files.delete_objects(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Outcome<CreateMultipartUploadOutput> {
        self.bucket(&req.input.bucket)?;
        self.files.create_multipart_upload(req).await
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Outcome<UploadPartOutput> {
        self.files.upload_part(req).await
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> Outcome<UploadPartCopyOutput> {
        self.files.upload_part_copy(req).await
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Outcome<ListPartsOutput> {
        self.files.list_parts(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Outcome<CompleteMultipartUploadOutput> {
        self.files.complete_multipart_upload(req).await
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Outcome<AbortMultipartUploadOutput> {
        self.files.abort_multipart_upload(req).await
    }
}
