//! EC2 as tasks.

mod launch_template;

pub use launch_template::{LaunchTemplate, LaunchTemplateChanges, LaunchTemplateOutput};
