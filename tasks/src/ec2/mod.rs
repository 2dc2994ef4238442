//! EC2 and Auto Scaling as tasks: what instances start from, the groups that start them, and what
//! these wait for.
//!
//! A [`LaunchTemplate`] says what instances are, an [`AutoscalingGroup`] how many there are and
//! where, and takes the number of the template's version from it. An [`AutoscalingLifecycleHook`]
//! and a [`WarmPool`] belong to a group; an [`SshKey`] is the key pair that templates name.
//!
//! Security groups and subnets are named by [`NetworkRef`]s.

mod autoscaling_group;
mod image;
mod launch_template;
mod lifecycle_hook;
mod lookup;
mod network;
mod ssh_key;
mod tags;
mod warm_pool;

pub use autoscaling_group::{AutoscalingGroup, AutoscalingGroupChanges, MixedInstances};
pub use launch_template::{LaunchTemplate, LaunchTemplateChanges, LaunchTemplateOutput};
pub use lifecycle_hook::{AutoscalingLifecycleHook, AutoscalingLifecycleHookChanges};
pub use network::NetworkRef;
pub use ssh_key::{SshKey, SshKeyChanges};
pub use warm_pool::{WarmPool, WarmPoolChanges};
