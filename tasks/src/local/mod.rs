//! The embedded account: AWS as far as the ports know it, in this process, kept in one file.
//!
//! An [`Account`] is not a mock that replays answers: it has the rules of AWS. It refuses, with
//! AWS's error codes, names and documents that break the grammar, what goes beyond a quota, a
//! second role in an instance profile, and deletions in the wrong order; it answers documents
//! percent-encoded and listings in parts. [`Fault`]s make it slow, deny, throttle, lose answers,
//! forget what it was just told, and lose its caller, all by seed.
//!
//! The file is replaced whole and guarded by a lock on a file beside it (`….lock`), so that
//! several processes may use one account. Calls wait for the file system.
//!
//! # The file, and seeds of it
//!
//! The account's file and a seed have one format, that of [`State`]: JSON, all of whose keys may
//! be left out. Unknown keys are refused.
//!
//! | key | what it holds |
//! | --- | --- |
//! | `schemaVersion` | the version of the format: 1 |
//! | `accountId`, `partition`, `region`, `availabilityZones` | `"123456789012"`, `"aws"`, `"us-east-1"` and its zones `a` to `c` if left out |
//! | `hostedZones` | `id`, `name`, `private`, `vpcs` |
//! | `roles` | `name`, `path`, `arn`, `id`, `assumeRolePolicyDocument`, `permissionsBoundary`, `tags`, `inlinePolicies` (documents by name), `attachedPolicies` (ARNs) |
//! | `instanceProfiles` | `name`, `path`, `arn`, `id`, `role` (`{"name": …}`), `tags`; a role that is not among `roles` is made, for EC2 to assume |
//! | `oidcProviders` | `url` (`https://…`), `clientIds`, `thumbprints`, `tags` |
//! | `managedPolicies` | `arn`, and `document`, or `versions` by id and `defaultVersionId`; `tags`; `lastVersion`, the account's own note; an ARN of another account or of AWS is kept as it is |
//! | `launchTemplates` | `name`, `id`, `defaultVersion`, `tags`, and `versions`, each [what it holds](crate::cloud::ec2::LaunchTemplateData) |
//! | `autoScalingGroups` | see [`AutoScalingGroup`](crate::cloud::autoscaling::AutoScalingGroup); `lifecycleHooks` by the group's name, and so are `warmInstances` |
//! | `instances` | see [`Instance`](crate::cloud::ec2::Instance): groups start and terminate theirs |
//! | `instanceStartLooks` | how many looks at a group it takes until a new instance is in service: 0 |
//! | `instanceEndLooks` | how many looks at a terminated instance it takes until it is gone: 0 |
//! | `keyPairs` | `name`, `id`, `publicKey`, `tags` |
//! | `images` | `id`, `name`, `ownerId`, `rootDeviceName`, `architecture`, `creationDate`; where none are listed, every public image is there |
//! | `instanceTypes` | `name`, `architectures`, `vcpus`, `memoryMiB`, `gpu`, `instanceStoreDisks`; where none are listed, every type is there |
//! | `quotas` | `rolePolicySize`, `assumeRolePolicySize`, `policySize`, `attachedPoliciesPerRole`, `tags` |
//! | `faults` | see [`Fault`] |
//! | `pageSize` | how many items a part of a listing holds: 100 |
//! | `vpcs` | `id`, `cidrBlock`, `additionalCidrBlocks`, `ipv6CidrBlocks` (a block of Amazon's if left out), `enableDnsSupport`, `enableDnsHostnames`, `dhcpOptionsId`, `tags` |
//! | `dhcpOptions` | `id`, `domainName`, `domainNameServers`, `tags` |
//! | `subnets` | `id`, `vpcId`, `availabilityZone`, `cidrBlock`, `ipv6CidrBlocks`, `exclusive`, what instances get, `tags` |
//! | `internetGateways`, `egressOnlyInternetGateways` | `id`, `vpcId`, `tags` |
//! | `routeTables` | `id`, `vpcId`, `routes` (the ids of targets by destination), `associations` (the ids of subnets), `tags` |
//! | `elasticIps` | `id`, `publicIp`, `tags` |
//! | `natGateways` | `id`, `allocationId`, `subnetId`, `state`, `exclusive`, `tags` |
//! | `securityGroups` | `id`, `name`, `description`, `vpcId`, `rules` (`permission`, `tags`), `tags` |
//! | `targetGroups` | objects that are kept as they are given |
//! | `lastId`, `late`, `starting`, `ending`, `seed` | the account's own notes |
//!
//! Documents may be given as text or written out.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use cloudup_tasks::{cloud::CloudWriter, local::{Account, State}};
//!
//! let seed = State::parse(r#"{
//!     "accountId": "210987654321",
//!     "instanceProfiles": [{ "name": "nodes", "role": { "name": "nodes" } }],
//!     "managedPolicies": [{ "arn": "arn:aws:iam::210987654321:policy/logs" }],
//!     "faults": [{ "operation": "AttachRolePolicy", "effect": "throttle", "times": 1 }]
//! }"#)?;
//! let account = Account::in_memory(seed);
//! let policy = "arn:aws:iam::210987654321:policy/logs";
//!
//! let throttled = CloudWriter::iam(&account).attach_role_policy("nodes", policy).await;
//! assert_eq!(throttled.unwrap_err().code, "Throttling");
//! CloudWriter::iam(&account).attach_role_policy("nodes", policy).await?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod account;
mod by_name;
mod capacity;
mod document;
mod ec2;
mod endings;
mod error;
mod fault;
mod grammar;
mod groups;
mod instance_profiles;
mod journal;
mod launch_templates;
mod managed;
mod managed_policies;
mod members;
mod oidc_providers;
mod page;
mod ports;
mod readable;
mod role_policies;
mod roles;
mod schema;
mod seed;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod vpc;

pub use account::{ACCOUNT_FILE, Account, Draft, EditError};
pub use by_name::{ByName, Named};
pub use error::{AccountError, Problem, StateError};
pub use fault::{Call, Calls, DIED, Effect, Fault};
pub use journal::{Journal, Moment, PolicyMoment, ProfileMoment, RoleMoment, RouteTableMoment};
pub use state::{
    DocumentText, HostedZone, InstanceProfile, Kept, LaunchTemplate, Limits, ManagedPolicy,
    OidcProvider, Role, RoleName, SCHEMA_VERSION, State,
};
pub use vpc::state::{
    Address, CidrBlock, DhcpOptions, Gateway, NatGateway, RouteTable, SecurityGroup,
    SecurityGroupRule, Subnet, Vpc,
};
