//! JSON Schema of `report.json`.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

use super::ReportDocument;

/// The schema of `report.json` as this version writes it.
#[must_use]
pub fn report_schema() -> String {
    let mut schema = generator("/$defs").into_root_schema_for::<ReportDocument>().to_value();
    if let Some(top) = schema.as_object_mut() {
        top.insert("title".to_owned(), json!("vigie report"));
    }
    format!("{schema:#}")
}

/// The schemas of the document and of its parts by name, which refer to each other below `path`.
#[must_use]
pub fn report_schemas(path: &'static str) -> Map<String, Value> {
    let mut generator = generator(path);
    generator.subschema_for::<ReportDocument>();
    generator.take_definitions(true)
}

fn generator(path: &'static str) -> SchemaGenerator {
    // Defaults are for reading reports of earlier versions.
    let without_default = |schema: &mut Schema| {
        schema.remove("default");
    };
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(without_default));
    settings.with(|settings| settings.definitions_path = path.into()).into_generator()
}
