//! What clients are told of failures behind the catalogue.

use actix_web::http::StatusCode;

use super::{RETRY_LATER, Told, no_session, told};
use crate::catalog::{BodyError, CatalogError};

pub(super) fn storage(error: &CatalogError) -> Told {
    match error {
        CatalogError::NoSession(session) => no_session(Some(session)),
        CatalogError::SessionRefused(_) => no_session(None),
        CatalogError::Denied(_) => told(
            StatusCode::FORBIDDEN,
            "StorageDenied",
            "The storage denies this to the catalogue's AWS role; an administrator has to extend the role's policy",
        ),
        CatalogError::NoBucket => missing("This bucket does not exist"),
        CatalogError::NoObject => missing("This object does not exist"),
        CatalogError::BadKey(what) | CatalogError::BadDescription(what) => bad(what),
        CatalogError::InItself => bad("A folder can't be copied or moved into itself"),
        CatalogError::Archived => told(
            StatusCode::CONFLICT,
            "Archived",
            "The object is archived; it has to be restored in S3 before it can be read",
        ),
        CatalogError::Exists => conflict("There is an object of this key already"),
        CatalogError::Conflict => {
            conflict("Somebody else writes this object at the same time; read it again")
        }
        CatalogError::Changed => changed(),
        CatalogError::Body(error) => upload(*error),
        CatalogError::NoRoom | CatalogError::Closing => later(
            "Busy",
            "The service can't take this upload at the moment; try again later",
        ),
        CatalogError::Unavailable(_) => later(
            "StorageUnavailable",
            "The storage does not answer at the moment; try again later",
        ),
        CatalogError::Unexpected(_) => told(
            StatusCode::BAD_GATEWAY,
            "StorageError",
            "The storage answered something unexpected; an administrator finds the reason in the log by the correlation id",
        ),
    }
}

fn missing(what: &str) -> Told {
    told(StatusCode::NOT_FOUND, "NotFound", what)
}

fn bad(what: &str) -> Told {
    told(StatusCode::BAD_REQUEST, "BadRequest", what)
}

fn conflict(what: &str) -> Told {
    told(StatusCode::CONFLICT, "Conflict", what)
}

fn later(code: &'static str, what: &str) -> Told {
    Told {
        retry_after: Some(RETRY_LATER),
        ..told(StatusCode::SERVICE_UNAVAILABLE, code, what)
    }
}

pub(super) fn changed() -> Told {
    told(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        "The entity is not the one that the condition names; read it again",
    )
}

fn upload(error: BodyError) -> Told {
    match error {
        BodyError::BrokenOff | BodyError::TooSlow => told(
            StatusCode::REQUEST_TIMEOUT,
            "BadRequest",
            "The body broke off or came too slowly",
        ),
        BodyError::TailLost => later(
            "StorageUnavailable",
            "The storage does not answer at the moment; try again later",
        ),
        BodyError::WrongDigest => told(
            StatusCode::BAD_REQUEST,
            "BadDigest",
            "The body is not the one that its digest names; nothing was stored",
        ),
        BodyError::TooLarge(most) => told(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TooLarge",
            format!("The body is longer than {most} bytes; nothing was stored"),
        ),
    }
}
