//! Names and paths in a model that lead nowhere.

use super::annotation::{Annotation, Expr, Part, walk};
use super::targets::{Place, Structured, Target};
use super::vocabulary::{Vocabulary, qualifiers};
use super::{EntitySet, Model, NavigationProperty, Returns, Type};

impl Model {
    /// Names that the model uses and does not define, paths that lead
    /// nowhere, and vocabularies that are not known; a model's own test
    /// asserts that there are none.
    pub fn dangling(&self) -> Vec<String> {
        let mut missing = Missing(Vec::new());
        for it in self.entity_types {
            for key in it.key {
                missing.unless(it.property(key).is_some(), it.name, "key", key);
            }
            for name in it.search.unwrap_or_default() {
                missing.unless(it.property(name).is_some(), it.name, "search", name);
            }
        }
        for it in self.structured_types() {
            for property in it.properties {
                if let Type::Named(name) = property.of {
                    let place = format!("{}/{}", it.name, property.name);
                    let found = self.complex_type(name).is_some();
                    missing.unless(found, &place, "complex type", name);
                }
            }
            for to in it.navigation {
                self.navigation_dangling(it, to, &mut missing);
            }
        }
        for it in self.entity_sets {
            self.set_dangling(it, &mut missing);
        }
        for it in self.operations() {
            let types = it.parameters.iter().map(|it| it.of);
            for of in types.chain(it.returns.map(Returns::of)) {
                if let Type::Named(name) = of {
                    missing.unless(self.structured(name).is_some(), it.name, "type", name);
                }
            }
            if it.bound {
                missing.unless(!it.parameters.is_empty(), it.name, "binding", "parameter");
            }
        }
        for it in self.function_imports {
            let found = self.function(it.function).is_some_and(|it| !it.bound);
            missing.unless(found, it.name, "function", it.function);
            let found = self.entity_set(it.entity_set).is_some();
            missing.unless(found, it.name, "set", it.entity_set);
        }
        for it in self.action_imports {
            let found = self.action(it.action).is_some_and(|it| !it.bound);
            missing.unless(found, it.name, "action", it.action);
            if let Some(set) = it.entity_set {
                missing.unless(self.entity_set(set).is_some(), it.name, "set", set);
            }
        }
        for target in self.targets() {
            self.annotations_dangling(&target, &mut missing);
        }
        missing.0
    }

    fn navigation_dangling(
        &self,
        from: Structured,
        to: &NavigationProperty,
        missing: &mut Missing,
    ) {
        let place = format!("{}/{}", from.name, to.name);
        let target = self.entity_type(to.target);
        missing.unless(target.is_some(), &place, "type", to.target);
        let Some(target) = target else { return };
        if let Some(partner) = to.partner {
            let back = target.navigation_property(partner);
            let found = back.is_some_and(|back| back.target == from.name);
            missing.unless(found, &place, "partner", partner);
        }
        for (own, referenced) in to.constraints {
            let found = from.properties.iter().any(|it| it.name == *own);
            missing.unless(found, &place, "property", own);
            let found = target.property(referenced).is_some();
            missing.unless(found, &place, "referenced property", referenced);
        }
    }

    fn set_dangling(&self, set: &'static EntitySet, missing: &mut Missing) {
        let found = self.entity_type(set.entity_type).is_some();
        missing.unless(found, set.name, "type", set.entity_type);
        for (path, target) in set.bindings {
            let place = format!("{}/{path}", set.name);
            if found {
                let end = self.follow(Place::Set(set), path);
                let leads = matches!(end, Some(Place::Navigation(_)));
                missing.unless(leads, set.name, "path", path);
            }
            missing.unless(self.entity_set(target).is_some(), &place, "set", target);
        }
    }

    fn annotations_dangling(&self, target: &Target, missing: &mut Missing) {
        for annotation in target.annotations {
            let place = format!("{}@{}", target.name, annotation.name());
            let same = |it: &&Annotation| it.name() == annotation.name();
            let once = target.annotations.iter().filter(same).count() == 1;
            missing.unless(once, &place, "one of several", annotation.term);
            walk(std::slice::from_ref(annotation), &mut |part| {
                for qualifier in qualifiers(part) {
                    let known =
                        qualifier == self.namespace || Vocabulary::find(qualifier).is_some();
                    missing.unless(known, &place, "vocabulary", qualifier);
                }
                if let Part::Expr(expression) = part {
                    let (path, leads) = self.leads(target.start, expression);
                    missing.unless(leads, &place, "path", path);
                }
            });
        }
    }

    /// The path in an expression, and whether it leads to what it should.
    fn leads(&self, start: Place, expression: &Expr) -> (&'static str, bool) {
        let end = |path| self.follow(start, path);
        match expression {
            Expr::Path(path) => (path, end(path).is_some()),
            Expr::PropertyPath(path) => (
                path,
                matches!(end(path), Some(Place::Property(_) | Place::Annotation)),
            ),
            Expr::NavigationPropertyPath(path) => (
                path,
                path.is_empty()
                    || matches!(end(path), Some(Place::Navigation(_) | Place::Annotation)),
            ),
            Expr::AnnotationPath(path) => (path, matches!(end(path), Some(Place::Annotation))),
            Expr::Null
            | Expr::Bool(_)
            | Expr::Int(_)
            | Expr::String(_)
            | Expr::EnumMember(_)
            | Expr::If(_)
            | Expr::Collection(_)
            | Expr::Record(_) => ("", true),
        }
    }
}

struct Missing(Vec<String>);

impl Missing {
    fn unless(&mut self, found: bool, place: &str, what: &str, name: &str) {
        if !found {
            self.0.push(format!("{place}: {what} {name}"));
        }
    }
}
