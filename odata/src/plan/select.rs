//! `$select` and `$compute`: which values bodies show, and how the context
//! URL names them.

use std::borrow::Cow;

use super::Expansion;
use crate::bind::{Added, Binder, Bound, Member, no_property};
use crate::edm::{EntityType, Primitive, Property};
use crate::query::{Query, Selected};
use crate::{Error, Version};

/// What bodies show.
#[derive(Debug, Clone)]
pub struct Selection {
    columns: Vec<Column>,
    expansions: Vec<Expansion>,
    /// What goes into the parentheses of the context URL.
    list: Option<String>,
    /// Whether bodies tell which operations there are: `$select` would have
    /// to name them.
    advertises: bool,
}

/// A value that bodies show.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: Cow<'static, str>,
    /// The type; `None` where it always is null, and where it is none of the
    /// primitive ones.
    pub(crate) primitive: Option<Primitive>,
    pub(crate) origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// A property that the model declares.
    Declared(&'static Property),
    /// `$compute`.
    Computed(Bound),
    /// `$apply`.
    Derived,
}

/// The columns that a query asks for.
pub(super) struct Chosen {
    columns: Vec<Column>,
    /// Names as the client gave them, if it did.
    names: Option<Vec<String>>,
    /// What is selected of related entities.
    pub(super) nested: Vec<(&'static str, Selected)>,
    by_client: bool,
}

impl Selection {
    /// All properties of a type, also those that are shown on demand only.
    pub fn all(entity_type: &'static EntityType) -> Self {
        Self {
            columns: entity_type.properties.iter().map(Column::from).collect(),
            expansions: Vec::new(),
            list: None,
            advertises: true,
        }
    }

    /// What is shown of a type without `$select`.
    pub fn by_default(entity_type: &'static EntityType) -> Self {
        let shown = entity_type
            .properties
            .iter()
            .filter(|it| !it.is_on_demand());
        let columns: Vec<_> = shown.map(Column::from).collect();
        let whole = columns.len() == entity_type.properties.len();
        Self {
            list: (!whole).then(|| names(&columns).join(",")),
            columns,
            expansions: Vec::new(),
            advertises: true,
        }
    }

    /// `listed` are the names that the context URL has to list if the client
    /// selects none.
    pub(super) fn new(
        chosen: Chosen,
        expansions: Vec<Expansion>,
        listed: Option<Vec<String>>,
        version: Version,
    ) -> Self {
        let names = chosen.names.or(listed);
        let selected = names.is_some();
        let mut names = names.unwrap_or_default();
        names.extend(expansions.iter().filter_map(|it| it.in_context(version)));
        Self {
            columns: chosen.columns,
            expansions,
            list: (selected || !names.is_empty()).then(|| names.join(",")),
            advertises: !chosen.by_client,
        }
    }

    /// The declared properties, in the order bodies show them.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.columns
            .iter()
            .filter_map(|column| match column.origin {
                Origin::Declared(property) => Some(property),
                Origin::Computed(_) | Origin::Derived => None,
            })
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(crate) fn expansions(&self) -> &[Expansion] {
        &self.expansions
    }

    pub(super) fn push(&mut self, expansion: Expansion) {
        self.expansions.push(expansion);
    }

    pub(crate) const fn advertises(&self) -> bool {
        self.advertises
    }

    /// The select list of the context URL, if it needs one.
    pub(crate) fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }
}

impl From<&'static Property> for Column {
    fn from(property: &'static Property) -> Self {
        Self {
            name: property.name.into(),
            primitive: property.primitive(),
            origin: Origin::Declared(property),
        }
    }
}

impl From<&Added> for Column {
    fn from(added: &Added) -> Self {
        Self {
            name: added.name.clone().into(),
            primitive: added.primitive,
            origin: Origin::Derived,
        }
    }
}

/// The columns that `$select` names; all of them if there is none.
pub(super) fn columns(
    items: Option<&[Selected]>,
    binder: &mut Binder<'_>,
) -> Result<Chosen, Error> {
    let mut chosen = Chosen {
        columns: Vec::new(),
        names: items.map(|_| Vec::new()),
        nested: Vec::new(),
        by_client: items.is_some(),
    };
    let Some(items) = items else {
        chosen.columns = all(binder, Extent::Default)?;
        let shape = binder.shape();
        let partial = shape.properties().any(Property::is_on_demand);
        if partial && shape.listed().is_none() {
            chosen.names = Some(names(&chosen.columns));
        }
        return Ok(chosen);
    };
    for item in items {
        let name = add(item, binder, &mut chosen).map_err(|error| error.at(item.span.start))?;
        let names = chosen.names.get_or_insert_default();
        if let Some(name) = name.filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    // Clients find an entity by its key, so it is always shown.
    let shape = binder.shape();
    let key = shape.entity_type().key_properties();
    let key = key.filter(|_| shape.is_whole());
    chosen.columns.extend(key.map(Column::from));
    let mut shown: Vec<Column> = Vec::new();
    for column in chosen.columns {
        if !shown.iter().any(|it| it.name == column.name) {
            shown.push(column);
        }
    }
    chosen.columns = shown;
    Ok(chosen)
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|it| it.name.to_string()).collect()
}

/// How much `all` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What is shown without `$select`.
    Default,
    /// `$select=*`
    Whole,
}

fn all(binder: &mut Binder<'_>, extent: Extent) -> Result<Vec<Column>, Error> {
    let shown = |it: &&'static Property| extent == Extent::Whole || !it.is_on_demand();
    let properties = binder.shape().properties().filter(shown);
    let mut columns: Vec<_> = properties.map(Column::from).collect();
    columns.extend(binder.shape().added().iter().map(Column::from));
    for name in binder.computed_names() {
        columns.extend(computed(&name, binder)?);
    }
    Ok(columns)
}

fn computed(name: &str, binder: &mut Binder<'_>) -> Result<Option<Column>, Error> {
    let bound = binder.computed(name)?;
    Ok(bound.map(|bound| Column {
        name: name.to_owned().into(),
        primitive: bound.primitive(),
        origin: Origin::Computed(bound),
    }))
}

/// Adds what an item selects, and returns its name without its type cast.
fn add(
    item: &Selected,
    binder: &mut Binder<'_>,
    chosen: &mut Chosen,
) -> Result<Option<String>, Error> {
    let entity_type = binder.shape().entity_type();
    let model = binder.model();
    let owner = model.qualified(entity_type.name);
    let cast = |path| str::strip_prefix(path, owner.as_str())?.strip_prefix('/');
    let name: &str = cast(item.path.as_str()).unwrap_or(&item.path);
    if name.contains('@') {
        return Err(Error::not_implemented(
            "Annotations in $select are not supported",
        ));
    }
    let (first, inner) = match name.split_once('/') {
        Some((first, inner)) => (first, Some(inner)),
        None => (name, None),
    };
    let member = binder.shape().member(first);
    if let Some(Member::Navigation(navigation)) = member {
        nest(item, navigation.name, inner, chosen)?;
        return Ok(inner.is_none().then(|| first.to_owned()));
    }
    let found = if first == "*" {
        all(binder, Extent::Whole)?
    } else if let Some(Member::Property(property)) = member {
        vec![Column::from(property)]
    } else if let Some(Member::Added(added)) = member {
        vec![Column::from(added)]
    } else if let Some(column) = computed(first, binder)? {
        vec![column]
    } else if names_operation(first, binder) {
        // What cannot be bound to the entities is to be ignored.
        return Ok(Some(name.to_owned()));
    } else {
        return Err(no_property(first, &owner));
    };
    if let Some(Member::Property(property)) = member
        && property.primitive().is_none()
        && (inner.is_some() || item.options.is_some())
    {
        return Err(Error::not_implemented(format!(
            "Selecting parts of \"{first}\" is not supported"
        )));
    }
    if let Some(inner) = inner {
        return Err(no_property(inner, first));
    }
    if item.options.is_some() {
        return Err(Error::bad_request(format!(
            "Options in $select need a collection, and \"{first}\" is none"
        )));
    }
    chosen.columns.extend(found);
    Ok(Some(name.to_owned()))
}

/// Notes what is selected of related entities.
fn nest(
    item: &Selected,
    navigation: &'static str,
    inner: Option<&str>,
    chosen: &mut Chosen,
) -> Result<(), Error> {
    let select = |path: &str, options| Selected {
        path: path.to_owned(),
        options,
        span: item.span.clone(),
    };
    if let Some(inner) = inner {
        let inner = select(inner, item.options.clone());
        chosen.nested.push((navigation, inner));
    } else if let Some(options) = &item.options {
        let Query { select, .. } = &**options;
        let selects = Query {
            select: select.clone(),
            version: options.version,
            ..Query::default()
        };
        if **options != selects {
            return Err(Error::bad_request(format!(
                "Options of \"{navigation}\" belong into $expand"
            )));
        }
        let items = select.iter().flatten().cloned();
        chosen.nested.extend(items.map(|it| (navigation, it)));
    }
    Ok(())
}

fn names_operation(name: &str, binder: &Binder<'_>) -> bool {
    let model = binder.model();
    let bare = name.split_once('(').map_or(name, |(bare, _)| bare);
    bare.strip_suffix(".*") == Some(model.namespace)
        || model
            .unqualified(bare)
            .is_some_and(|name| model.function(name).is_some() || model.action(name).is_some())
}
