//! Buckets as file shares, in the words of SAPUI5's `CloudFilePicker`.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use odata::body::Writer;
use odata::plan::Selection;
use odata::write::Mode;
use odata::{DataPath, Error, Offer, Plan, Row, Url, Value};

use super::entities::no;
use super::objects::too_much;
use super::{Call, json, rows};
use crate::caller::Scope;
use crate::catalog::{Bucket, CatalogError, Described, Description, Object, Within};
use crate::http::error::ApiError;

/// What the picker calls the folder that a share begins with.
const ROOT: &str = "Root";
const FOLDER: &str = "folder";
const DOCUMENT: &str = "document";

/// The identifier of an item: its key in base64url, because the picker writes identifiers into
/// paths as they are. What it calls the root stands for no key: those bytes are no text.
fn id_of(key: &str) -> String {
    match key {
        "" => ROOT.to_owned(),
        key => URL_SAFE_NO_PAD.encode(key),
    }
}

/// The key in S3 of an item that is neither the root nor malformed.
pub(super) fn key_of(item: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(item).ok()?).ok()
}

/// A bucket.
struct Share<'a>(&'a Bucket);

/// The root of a share, a folder, or a document.
struct Item {
    share: String,
    /// `None` at the root.
    object: Option<Object>,
    described: Option<Described>,
    /// Identifier and parent's, derived from the key.
    id: String,
    parent: Option<String>,
    /// Where its content is.
    link: Option<String>,
    writable: bool,
}

impl Row for Share<'_> {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "FileShare" => self.0.name.as_str().into(),
            _ => Value::Null,
        }
    }
}

impl Item {
    fn is_folder(&self) -> bool {
        self.object.as_ref().is_none_or(Object::is_folder)
    }

    /// The picker compares it with texts: it is never null, and empty for folders.
    fn content_type(&self) -> &str {
        let Some(object) = self.object.as_ref().filter(|it| !it.is_folder()) else {
            return "";
        };
        let described = self.described.as_ref();
        let known = described.and_then(|it| it.description.content_type.as_deref());
        let known = known.or_else(|| rows::guessed(&object.key));
        known.unwrap_or("application/octet-stream")
    }

    /// What a file manager says of a type: `PDF`, `Folder`.
    fn kind_in_words(&self) -> Value<'_> {
        let Some(object) = self.object.as_ref().filter(|it| !it.is_folder()) else {
            return "Folder".into();
        };
        let extension = object.name().rsplit_once('.').map(|(_, behind)| behind);
        extension.map_or("File".into(), |it| it.to_uppercase().into())
    }

    fn of_object(&self, property: &str) -> Value<'_> {
        self.object
            .as_ref()
            .map_or(Value::Null, |object| object.get(property))
    }
}

impl Row for Item {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "FileShare" => self.share.as_str().into(),
            "FileShareItem" => self.id.as_str().into(),
            "ParentFileShareItem" => self.parent.as_deref().into(),
            "FileShareItemKind" if self.is_folder() => FOLDER.into(),
            "FileShareItemKind" => DOCUMENT.into(),
            "FileShareItemName" if self.object.is_none() => self.share.as_str().into(),
            "FileShareItemName" => self.of_object("name"),
            "FileShareItemContentType" => self.content_type().into(),
            "FileShareItemHumanContentType" => self.kind_in_words(),
            "FileShareItemContentSize" => self.of_object("size"),
            "FileShareItemContentLink" => self.link.as_deref().into(),
            "LastChangeDateTime" => self.of_object("lastModified"),
            "isDocumentCreationAllowed" => self.writable.into(),
            _ => Value::Null,
        }
    }
}

impl Call<'_> {
    /// Shares, items, and what looks for items.
    pub(super) async fn fileshare(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        plan: &Plan,
        size: usize,
    ) -> Result<HttpResponse, ApiError> {
        let catalog = &self.service.catalog;
        if path.entity_type.name == "FileShares" && path.is_collection() {
            let shares = catalog.buckets(self.caller, self.wants_it_anew()).await;
            let shares = shares.map_err(ApiError::Catalog)?;
            let shares: Vec<_> = shares.iter().map(Share).collect();
            return self.collection(url, path, plan, &shares, size);
        }
        let Some(share) = rows::bucket_of(path) else {
            let told = "Items are listed by folder: use FileShares('…')/_Root/_Children or FileShareItems(…)/_Children";
            return Err(ApiError::Query(Error::not_implemented(told)));
        };
        if path.is_collection() {
            let items = self.share_items(url, path, share).await?;
            return self.collection(url, path, plan, &items, size);
        }
        if path.entity_type.name != "FileShareItems" {
            let found = catalog.bucket(self.caller, share).await;
            let found = found.map_err(ApiError::Catalog)?;
            let found = found.ok_or_else(|| no("file share"))?;
            return match path.entity_type.name {
                "FileShares" => self.entity(url, path, plan, &Share(&found)),
                _ => Err(no("resource")),
            };
        }
        let item = self.share_item(path, share).await?;
        self.entity(url, path, plan, &item)
    }

    /// What lies in the folder that the path comes from.
    async fn share_items(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        share: &str,
    ) -> Result<Vec<Item>, ApiError> {
        let folder = parent_of(path)?;
        let Some(named) = url.query.text_range("FileShareItemName") else {
            return Ok(Vec::new());
        };
        let within = Within {
            prefix: format!("{folder}{}", named.prefix),
            one_level: true,
            ..Within::default()
        };
        let walk = self.service.catalog.walk(self.caller, share, within);
        let mut walk = walk.map_err(ApiError::Catalog)?;
        let most = self.service.limits.scan;
        let mut found = Vec::new();
        while let Some(page) = walk.next(usize::MAX).await.map_err(ApiError::Catalog)? {
            found.extend(page);
            if found.len() > most {
                return Err(too_much(most));
            }
        }
        if found.is_empty() && named.prefix.is_empty() && !folder.is_empty() {
            return Err(no("folder"));
        }
        let inside = found.into_iter().filter(|object| object.key != folder);
        let items = inside.map(|object| self.item_of(path, share, Some(object), None));
        Ok(items.collect())
    }

    /// The item that the path leads to.
    async fn share_item(&self, path: &DataPath, share: &str) -> Result<Item, ApiError> {
        let catalog = &self.service.catalog;
        if is_root(path) {
            let found = catalog.bucket(self.caller, share).await;
            found
                .map_err(ApiError::Catalog)?
                .ok_or_else(|| no("file share"))?;
            return Ok(self.item_of(path, share, None, None));
        }
        let key = rows::key_of(path).ok_or_else(|| no("item"))?;
        let found = catalog.object(self.caller, share, &key).await;
        let (object, described) = found
            .map_err(ApiError::Catalog)?
            .ok_or_else(|| no("item"))?;
        Ok(self.item_of(path, share, Some(object), described))
    }

    fn item_of(
        &self,
        path: &DataPath,
        share: &str,
        object: Option<Object>,
        described: Option<Described>,
    ) -> Item {
        let mut item = Item {
            share: share.to_owned(),
            id: id_of(object.as_ref().map_or("", |object| &object.key)),
            parent: object.as_ref().map(|object| id_of(object.folder())),
            object,
            described,
            link: None,
            writable: self.caller.may(Scope::Write),
        };
        if !item.is_folder() {
            let (root, entity) = (self.model.root, path.entity_url(&item));
            item.link = Some(format!("{root}/{entity}/FileShareItemContent"));
        }
        item
    }

    /// POST below a folder: another folder, or a document without content, which PUT brings.
    pub(super) async fn create_item(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        body: &[u8],
    ) -> Result<HttpResponse, ApiError> {
        self.may_write()?;
        let share = rows::bucket_of(path).ok_or_else(|| no("file share"))?;
        let folder = parent_of(path)?;
        let given = self.reader().filled_in(&["FileShare", "FileShareItem"]);
        let given = given.entity(path.entity_type, body, Mode::Create);
        let given = given.map_err(ApiError::Query)?;
        let name = given.text("FileShareItemName").unwrap_or_default();
        if name.is_empty() || name.contains('/') {
            let told = "An item needs a name without slashes";
            let refused = Error::bad_request(told).about("FileShareItemName");
            return Err(ApiError::Query(refused));
        }
        let end = match given.text("FileShareItemKind") {
            Some(FOLDER) => "/",
            Some(DOCUMENT) => "",
            _ => {
                let told = "An item is a folder or a document";
                let refused = Error::bad_request(told).about("FileShareItemKind");
                return Err(ApiError::Query(refused));
            }
        };
        let key = format!("{folder}{name}{end}");
        let kind = mime_guess::from_path(name).first_raw();
        let description = Description {
            content_type: kind.filter(|_| end.is_empty()).map(str::to_owned),
            ..Description::default()
        };
        let catalog = &self.service.catalog;
        let created = catalog.create(self.caller, share, &key, &description).await;
        created.map_err(ApiError::Catalog)?;
        let found = catalog.object(self.caller, share, &key).await;
        let found = found.map_err(ApiError::Catalog)?;
        let (object, described) = found.ok_or(ApiError::Catalog(CatalogError::Conflict))?;
        let item = self.item_of(path, share, Some(object), described);
        let format = self.format(url, Offer::Json)?;
        let selection = Selection::all(path.entity_type);
        let writer = Writer::created(self.model.edm, path, &selection, json(format));
        let location = format!("{}/{}", self.model.root, path.entity_url(&item));
        Ok(HttpResponse::Created()
            .insert_header((LOCATION, location))
            .content_type(format.content_type())
            .body(writer.entity(&item).map_err(ApiError::Query)?))
    }
}

/// The key of the folder whose items the path leads to; empty at the root.
fn parent_of(path: &DataPath) -> Result<Cow<'_, str>, ApiError> {
    if is_root(path) {
        return Ok("".into());
    }
    let key = rows::key_of(path).filter(|key| key.ends_with('/'));
    key.ok_or_else(|| no("folder"))
}

/// Whether the last item that the path names is the root.
fn is_root(path: &DataPath) -> bool {
    let keys = path.navigation.iter().rev().map(|it| it.key.as_ref());
    let mut named = keys.chain([path.key.as_ref()]).flatten();
    named
        .find_map(|key| key.text("FileShareItem"))
        .is_none_or(|item| item == ROOT)
}
