//! Writes the JSON schemas of reports and events to `schema/`.

use std::{fs, io, path::Path};

use cloudup_engine::{event_schema, report_schema};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    fs::create_dir_all(&folder)?;
    for (name, schema) in [("report", report_schema()), ("event", event_schema())] {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        fs::write(folder.join(format!("{name}.schema.json")), text)?;
    }
    Ok(())
}
