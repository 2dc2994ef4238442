//! The published form of what the engine tells.

use schemars::{Schema, schema_for};

use crate::{Event, Report};

/// The JSON schema of a [`Report`].
pub fn report_schema() -> Schema {
    schema_for!(Report)
}

/// The JSON schema of an [`Event`].
pub fn event_schema() -> Schema {
    schema_for!(Event<'static>)
}
