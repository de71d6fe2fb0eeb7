//! Beginning an upload: where it shall go stands in `Upload-Metadata`.

use std::collections::HashSet;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Payload;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::sealed::State;
use super::wire::{self, Tus, header};
use super::{Call, LIFE, owner};
use crate::catalog::{BodyError, Description, Progress, Upload};
use crate::http::error::ApiError;
use crate::http::incoming;

/// `Upload-Metadata` travels in the URL, which is limited.
const LONGEST: usize = 6 << 10;
/// What makes an upload's name.
const NAME: usize = 18;

/// What a client wants to write.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) bucket: String,
    pub(super) key: String,
    description: Description,
}

impl Wanted {
    /// Reads `Upload-Metadata`: names, each with a value in Base64.
    ///
    /// `bucket` and `key` say where the object goes; instead of `key`, `filename` does, behind
    /// `folder` if there is one. `filetype` is its type, `meta-…` user metadata, `tag-…` tags.
    pub(super) fn read(metadata: &str) -> Result<Self, Tus> {
        let mut wanted = Self::default();
        let (mut folder, mut name) = (String::new(), String::new());
        let mut seen = HashSet::new();
        for pair in metadata
            .split(',')
            .map(str::trim)
            .filter(|it| !it.is_empty())
        {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let value = STANDARD.decode(value.trim()).ok();
            let value = value.and_then(|bytes| String::from_utf8(bytes).ok());
            let value = value.ok_or(Tus::Bad(
                "Upload-Metadata: values have to be text in Base64",
            ))?;
            if !seen.insert(key) {
                return Err(Tus::Bad("Upload-Metadata: each name may come once"));
            }
            match key {
                "bucket" => wanted.bucket = value,
                "key" | "objectKey" => wanted.key = value,
                "folder" => folder = value,
                "filename" | "name" => name = value,
                "filetype" | "contentType" | "type" => {
                    wanted.description.content_type = Some(value).filter(|it| !it.is_empty());
                }
                other => {
                    let pairs = &mut wanted.description;
                    if let Some(key) = other.strip_prefix("meta-") {
                        pairs.metadata.push((key.to_ascii_lowercase(), value));
                    } else if let Some(key) = other.strip_prefix("tag-") {
                        pairs.tags.push((key.to_owned(), value));
                    }
                }
            }
        }
        if wanted.key.is_empty() && !name.is_empty() {
            let slash = if folder.is_empty() || folder.ends_with('/') {
                ""
            } else {
                "/"
            };
            wanted.key = format!("{folder}{slash}{name}");
        }
        if wanted.bucket.is_empty() || wanted.key.is_empty() {
            return Err(Tus::Bad(
                "Upload-Metadata has to name bucket and key (or folder and filename)",
            ));
        }
        Ok(wanted)
    }
}

impl Call<'_> {
    pub(super) async fn create(&self, payload: Payload) -> Result<HttpResponse, Tus> {
        let metadata = header(self.request, "upload-metadata").unwrap_or_default();
        if metadata.len() > LONGEST {
            return Err(Tus::Bad("Upload-Metadata is longer than 6 KB"));
        }
        let wanted = Wanted::read(metadata)?;
        let created = self.begin(metadata, &wanted, payload).await;
        self.audit("POST", &wanted.bucket, &wanted.key, &created);
        created
    }

    async fn begin(
        &self,
        metadata: &str,
        wanted: &Wanted,
        payload: Payload,
    ) -> Result<HttpResponse, Tus> {
        let length = wire::number(self.request, "upload-length");
        let length = length.ok_or(Tus::Bad("Upload-Length has to be a number"))?;
        if let Some(most) = self.service.limits.upload.filter(|most| length > *most) {
            return Err(ApiError::from(BodyError::TooLarge(most)).into());
        }
        let mut description = wanted.description.clone();
        if description.content_type.is_none() {
            let guessed = mime_guess::from_path(&wanted.key).first_raw();
            description.content_type =
                Some(guessed.unwrap_or("application/octet-stream").to_owned());
        }
        let upload = Upload {
            bucket: &wanted.bucket,
            key: &wanted.key,
            length: Some(length),
            description,
            condition: incoming::condition(self.request.headers())?,
        };
        let catalog = &self.service.catalog;
        let begun = catalog.begin(self.caller, upload, name()?).await?;
        let expires = self.now() + LIFE;
        let state = State {
            metadata: metadata.to_owned(),
            length,
            name: begun.name.clone(),
            id: begun.id.clone(),
            owner: owner(self.caller),
            expires,
            if_match: begun.condition.if_match.clone(),
            if_none: begun.condition.if_none,
        };
        let sealed = self.service.seal.close(&state);
        let sealed = sealed.ok_or(Tus::Bad("This upload can't be described in a URL"))?;
        let mut response = HttpResponse::Created();
        // relative, because a router may have put a path before ours
        let base = if self.request.path().ends_with('/') {
            ""
        } else {
            "uploads/"
        };
        response
            .insert_header((LOCATION, format!("{base}{sealed}")))
            .insert_header(("upload-expires", wire::date(expires)));
        if header(self.request, "content-type") == Some(wire::BYTES) {
            let offset = match catalog.progress(self.caller, &begun).await? {
                Progress::At(standing) => self.receive(&begun, standing, payload).await,
                Progress::Done | Progress::Gone => Ok(length),
            };
            // the upload is there, however far its first request got
            response.insert_header(("upload-offset", offset.unwrap_or_default()));
        }
        Ok(response.finish())
    }
}

/// A name that nobody can guess.
fn name() -> Result<String, Tus> {
    let mut bytes = [0; NAME];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map_err(|_| Tus::Bad("There is no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn metadata_says_where_an_upload_goes() {
        // bucket b, folder d, filename ü.txt, filetype text/plain, meta-Owner me, tag-A 1
        let wanted = Wanted::read(
            "bucket Yg==,folder ZA==, filename w7wudHh0,filetype dGV4dC9wbGFpbg==,meta-Owner bWU=,tag-A MQ==,is_confidential",
        )
        .unwrap();
        assert_eq!((&*wanted.bucket, &*wanted.key), ("b", "d/ü.txt"));
        let described = wanted.description;
        assert_eq!(described.content_type.as_deref(), Some("text/plain"));
        assert_eq!(described.metadata, [("owner".to_owned(), "me".to_owned())]);
        assert_eq!(described.tags, [("A".to_owned(), "1".to_owned())]);
        for bad in [
            "",
            "bucket Yg==",
            "bucket Yg==,key *",
            "key a2V5",
            "bucket /w==,key Yg==",
            "bucket Yg==,key Yg==,key Yw==",
        ] {
            assert!(Wanted::read(bad).is_err(), "{bad}");
        }
    }
}
