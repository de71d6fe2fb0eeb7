//! The rows: names and prices as the suite's contract gives them.

use odata::DateTimeOffset;
use serde_json::{Value, json};

use crate::memory::{Record, Service};
use crate::model::MODEL;

/// A key with this number at its end.
pub(crate) fn guid(group: u32, number: usize) -> String {
    format!("{group:08x}-0000-4000-8000-{number:012x}")
}

/// What `now()` says: the first of January 2026.
const NOW: i64 = 1_767_225_600;

const CATEGORIES: [&str; 3] = ["Electronics", "Kitchen", "Furniture"];

/// Name, price, category, and whether it is special.
const PRODUCTS: [(&str, f64, usize, bool); 7] = [
    ("Laptop", 999.99, 0, true),
    ("Wireless Mouse", 29.99, 0, false),
    ("Coffee Mug", 15.50, 1, false),
    ("Office Chair", 249.99, 2, false),
    ("Smartphone", 799.99, 0, false),
    ("Premium Laptop Pro", 1999.99, 0, true),
    ("Gaming Mouse Ultra", 149.99, 0, true),
];

/// In stock 1, on sale 2, discontinued 4, featured 8.
const STATUS: [u8; 7] = [1, 3, 1, 5, 9, 1, 3];

const LANGUAGES: [(usize, &str); 9] = [
    (0, "EN"),
    (0, "DE"),
    (1, "EN"),
    (1, "FR"),
    (2, "EN"),
    (2, "ES"),
    (3, "EN"),
    (4, "EN"),
    (5, "EN"),
];

/// Rows as JSON, set by set.
pub(crate) type Tables = Vec<(&'static str, Vec<Value>)>;

/// What the service starts with.
pub(crate) fn tables() -> Tables {
    let items = ["A", "B"].into_iter().enumerate();
    vec![
        ("Products", products()),
        ("Categories", categories()),
        ("ProductDescriptions", descriptions()),
        ("MediaItems", media()),
        ("ReadOnlyItems", items.map(read_only).collect()),
        ("DecimalSamples", vec![decimal()]),
    ]
}

/// A service of these rows.
pub(crate) fn service(tables: &Tables) -> Service {
    let read = |(set, rows): &(&'static str, Vec<Value>)| {
        let entity_type = MODEL.entity_type(MODEL.entity_set(set)?.entity_type)?;
        let rows = rows.iter().map(|row| Record::read(entity_type, row));
        Some((*set, rows.collect()))
    };
    let tables = tables.iter().filter_map(read).collect();
    Service::new(&MODEL, "", tables, DateTimeOffset::from_unix(NOW, 0))
}

fn products() -> Vec<Value> {
    let product =
        |(index, (name, price, category, special)): (usize, &(&str, f64, usize, bool))| {
            Some(json!({
                "ID": guid(1, index + 1),
                "Name": name,
                "Description": format!("{name}, one of {}", CATEGORIES.get(*category)?),
                "Price": price,
                "Rating": 5 - index % 3,
                "Temperature": -5 + i32::try_from(index).ok()? * 4,
                "Quantity": 10 * index,
                "Weight": 0.5 + price / 1000.0,
                "Data": (index == 0).then_some("data"),
                "ReleaseDate": format!("2024-0{}-15", index + 1),
                "OpenTime": "09:30:00",
                "ShippingTime": "P1D",
                "ProcessingTime": "PT45S",
                "Offset": (index == 0).then_some("PT2H"),
                "CategoryID": guid(2, category + 1),
                "Status": STATUS.get(index)?,
            "Version": 1,
                "CreatedAt": format!("2024-0{}-15T10:30:00Z", index + 1),
                "SerialNumber": format!("SN-{index:04}"),
                "ProductType": if *special { "SpecialProduct" } else { "Product" },
                "SpecialProperty": special.then_some("Extended warranty"),
                "SpecialFeature": special.then_some("Backlit"),
            }))
        };
    PRODUCTS.iter().enumerate().filter_map(product).collect()
}

fn categories() -> Vec<Value> {
    let category = |(index, name): (usize, &&str)| json!({"ID": guid(2, index + 1), "Name": name, "Description": format!("All {name}")});
    CATEGORIES.iter().enumerate().map(category).collect()
}

fn descriptions() -> Vec<Value> {
    let description = |(product, language): &(usize, &str)| {
        let name = PRODUCTS.get(*product).map_or("", |(name, ..)| name);
        json!({
            "ProductID": guid(1, product + 1),
            "LanguageKey": language,
            "Description": format!("{name} ({language})"),
            "LongText": format!("All that can be said of {name}"),
        })
    };
    LANGUAGES.iter().map(description).collect()
}

fn media() -> Vec<Value> {
    let media = |(index, kind): (usize, &str)| {
        json!({
            "ID": guid(3, index + 1),
            "Name": format!("Media {index}"),
            "ContentType": kind,
            "Size": 1024 * (index + 1),
        })
    };
    let kinds = ["image/png", "text/plain"];
    kinds.into_iter().enumerate().map(media).collect()
}

fn read_only((index, name): (usize, &str)) -> Value {
    json!({"ID": guid(4, index + 1), "Name": format!("Read-only item {name}")})
}

fn decimal() -> Value {
    json!({"ID": guid(5, 1), "Name": "Sample", "Amount": "123.450000000000000000"})
}
