//! The published schemas of JSON documents, held against real ones by a validator that others wrote.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A schema in `docs/schema`.
pub struct Schema {
    name: String,
    /// As it is published, and refusing keys that it does not have: users' may pass, ours may not.
    strict: Value,
}

impl Schema {
    /// The schema of that name.
    #[track_caller]
    pub fn of(name: &str) -> Schema {
        let file = folder().join(name).with_extension("json");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut strict = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        jsonschema::meta::validate(&strict).unwrap_or_else(|error| panic!("{}: no schema: {error}", file.display()));
        close(&mut strict);
        Schema { name: name.to_owned(), strict }
    }

    /// The names of all schemas.
    pub fn names() -> BTreeSet<String> {
        let files = fs::read_dir(folder()).expect("docs/schema").map(|entry| entry.expect("docs/schema").path());
        files.map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
    }

    /// Fails unless `document` is as the schema says, and has no key that it has not.
    #[track_caller]
    pub fn check(&self, document: &Value) {
        let validator = jsonschema::validator_for(&self.strict).expect("a schema");
        let errors: Vec<_> =
            validator.iter_errors(document).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "not as docs/schema/{}.json says: {errors:#?}", self.name);
    }

    /// Every key that it describes, at whatever depth.
    pub fn keys(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        keys(&self.strict, &mut found);
        found
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema")
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            entries.values_mut().for_each(close);
            if entries.contains_key("properties") {
                entries.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        _ => {}
    }
}

fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Object(properties)) = entries.get("properties") {
                found.extend(properties.keys().cloned());
            }
            entries.values().for_each(|value| keys(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}
