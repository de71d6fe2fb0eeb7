//! A library in memory, whose rows know what they are related to.

use std::sync::LazyLock;

use odata::body::{self, Writer};
use odata::edm::{EntitySet, EntityType, Model, NavigationProperty, Primitive, Property};
use odata::{
    DataPath, Error, ErrorKind, Format, JsonFormat, Offer, Plan, Related, Resource, Row, Tail, Url,
    Value, Version,
};

pub(crate) static MODEL: Model = Model::new("Library")
    .entity_types(&[
        EntityType::new(
            "Author",
            &["id"],
            &[
                Property::new("id", Primitive::Int32).required(),
                Property::new("name", Primitive::String),
                Property::new("country", Primitive::String),
            ],
        )
        .navigation(&[
            NavigationProperty::many("books", "Book").partner("author"),
            NavigationProperty::one("teacher", "Author").partner("pupils"),
            NavigationProperty::many("pupils", "Author").partner("teacher"),
        ]),
        EntityType::new(
            "Book",
            &["id"],
            &[
                Property::new("id", Primitive::Int32).required(),
                Property::new("title", Primitive::String),
                Property::new("genre", Primitive::String),
                Property::new("pages", Primitive::Int64),
            ],
        )
        .search(&["title"])
        .navigation(&[NavigationProperty::one("author", "Author").partner("books")]),
    ])
    .entity_sets(&[
        EntitySet::new("Authors", "Author").bindings(&[
            ("books", "Books"),
            ("teacher", "Authors"),
            ("pupils", "Authors"),
        ]),
        EntitySet::new("Books", "Book").bindings(&[("author", "Authors")]),
    ]);

pub(crate) struct Author {
    id: i32,
    name: Option<&'static str>,
    country: Option<&'static str>,
    teacher: Option<i32>,
}

pub(crate) struct Book {
    id: i32,
    title: &'static str,
    genre: Option<&'static str>,
    pages: Option<i64>,
    author: Option<i32>,
}

pub(crate) static AUTHORS: LazyLock<Vec<Author>> = LazyLock::new(|| {
    [
        (1, Some("Ada"), Some("UK"), None),
        (2, Some("Bertolt"), Some("DE"), Some(1)),
        (3, Some("Çelik"), None, Some(2)),
        (4, None, Some("DE"), Some(1)),
    ]
    .map(|(id, name, country, teacher)| Author {
        id,
        name,
        country,
        teacher,
    })
    .into()
});

pub(crate) static BOOKS: LazyLock<Vec<Book>> = LazyLock::new(|| {
    [
        (1, "Notes on engines", Some("science"), Some(120), Some(1)),
        (2, "Straße und Ton", Some("novel"), Some(300), Some(2)),
        (3, "Mother Courage", Some("play"), Some(90), Some(2)),
        (4, "Galileo's \"Life\"", Some("play"), None, Some(2)),
        (5, "Anonymous tales", None, Some(300), None),
    ]
    .map(|(id, title, genre, pages, author)| Book {
        id,
        title,
        genre,
        pages,
        author,
    })
    .into()
});

impl Row for Author {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" => self.id.into(),
            "name" => self.name.into(),
            "country" => self.country.into(),
            _ => Value::Null,
        }
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        match navigation {
            "books" => Related::many(BOOKS.iter().filter(|it| it.author == Some(self.id))),
            "pupils" => Related::many(AUTHORS.iter().filter(|it| it.teacher == Some(self.id))),
            "teacher" => Related::one(author(self.teacher)),
            _ => Related::NotLoaded,
        }
    }
}

impl Row for Book {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" => self.id.into(),
            "title" => self.title.into(),
            "genre" => self.genre.into(),
            "pages" => self.pages.into(),
            _ => Value::Null,
        }
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        match navigation {
            "author" => Related::one(author(self.author)),
            _ => Related::NotLoaded,
        }
    }
}

fn author(id: Option<i32>) -> Option<&'static Author> {
    AUTHORS.iter().find(|it| Some(it.id) == id)
}

/// Status and body.
pub(crate) fn get(target: &str) -> (u16, String) {
    get_in(target, Version::V40)
}

pub(crate) fn get_in(target: &str, version: Version) -> (u16, String) {
    let target = target.replace(' ', "%20");
    match answer(&target, version) {
        Ok(body) => (200, String::from_utf8(body).unwrap()),
        Err(error) => {
            let status = match error.kind() {
                ErrorKind::BadRequest => 400,
                ErrorKind::NotFound => 404,
                ErrorKind::NotAcceptable => 406,
                ErrorKind::UnsupportedMediaType => 415,
                ErrorKind::NotImplemented => 501,
            };
            (status, String::from_utf8(body::error(&error)).unwrap())
        }
    }
}

fn answer(target: &str, version: Version) -> Result<Vec<u8>, Error> {
    let url = Url::parse(&MODEL, "/library", target, version)?;
    let Resource::Data(path) = &url.resource else {
        return Err(Error::not_implemented("Entities only"));
    };
    match path.entity_type.name {
        "Author" if path.navigation.is_empty() => data(&url, AUTHORS.iter()),
        "Book" if path.navigation.is_empty() => data(&url, BOOKS.iter()),
        "Book" => {
            let owner = path.key.as_ref().and_then(|key| key.get("id").cloned());
            data(
                &url,
                BOOKS
                    .iter()
                    .filter(|it| Some(Value::from(it.author)) == owner),
            )
        }
        _ => Err(Error::not_implemented("Not that far")),
    }
}

fn data<R: Row + 'static>(
    url: &Url<'_>,
    rows: impl Iterator<Item = &'static R>,
) -> Result<Vec<u8>, Error> {
    let Resource::Data(path) = &url.resource else {
        return Err(Error::not_implemented("Entities only"));
    };
    if let Some(aggregation) = url.query.aggregation(&MODEL, path.entity_type, None)? {
        let derived = aggregation.apply(rows)?;
        return shown(url, path, aggregation.plan(), derived.iter());
    }
    let plan: Plan = url.query.plan(&MODEL, path.entity_type, None)?;
    shown(url, path, &plan, rows)
}

fn shown<'r, R: Row + 'r>(
    url: &Url<'_>,
    path: &DataPath,
    plan: &Plan,
    rows: impl Iterator<Item = &'r R>,
) -> Result<Vec<u8>, Error> {
    let format = match Format::negotiate(Offer::Json, url.query.format.as_deref(), None)? {
        Format::Json(json) => json,
        Format::Xml | Format::Text => JsonFormat::default(),
    };
    let writer = Writer::new(&MODEL, path, plan.selection(), format).nested_page_size(2);
    if path.tail == Some(Tail::Count) {
        return Ok(body::raw_count(plan.count_of(rows)?));
    }
    if path.is_collection() {
        let page = plan.apply(rows, 4)?;
        let link = page.next.as_deref().map(|token| url.next_link(token));
        return writer.collection(&page, link.as_deref());
    }
    let mut rows = rows;
    let row = rows
        .find(|row| path.last_key().is_some_and(|key| key.matches(*row)))
        .ok_or_else(|| Error::not_found("Not Found"))?;
    writer.entity(row)
}
