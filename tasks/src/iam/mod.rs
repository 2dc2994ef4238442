//! IAM as tasks: roles, what they may do, and the instance profiles that hand them to instances.
//!
//! A role is an [`IamRole`]; its inline policies are [`IamRolePolicy`]s; the managed policies
//! attached to it, all of them together, are one [`IamRolePolicyAttachment`]. What has no room in
//! inline policies can be in managed policies of the cluster, [`IamManagedPolicy`]s. An
//! [`IamInstanceProfile`] holds a role through an [`IamInstanceProfileRole`].
//!
//! An [`IamOidcProvider`] is whose tokens the roles of service accounts are assumed with.
//!
//! Names are known before anything exists, so these tasks take each other's *names* as plain
//! values and order themselves with `after`: a role that somebody else keeps does not stop what
//! only names it.
//!
//! A profile that exists already and belongs to somebody else is an [`ExistingInstanceProfile`];
//! what its role may do is compared, and never changed, by [`ExistingRolePolicy`] and
//! [`ExistingRolePolicyAttachment`].

mod attachment;
mod documents;
mod existing;
mod instance_profile;
mod instance_profile_role;
mod limits;
mod managed_policy;
mod oidc_provider;
pub(crate) mod owner;
mod role;
mod role_policy;
pub(crate) mod strays;

pub use attachment::{IamRolePolicyAttachment, IamRolePolicyAttachmentChanges};
pub use documents::{RoleDocuments, is_interim};
pub use existing::{
    ExistingInstanceProfile, ExistingInstanceProfileChanges, ExistingRolePolicy,
    ExistingRolePolicyAttachment, ExistingRolePolicyAttachmentChanges, ExistingRolePolicyChanges,
};
pub use instance_profile::{IamInstanceProfile, IamInstanceProfileChanges, InstanceProfileOutput};
pub use instance_profile_role::{IamInstanceProfileRole, IamInstanceProfileRoleChanges};
pub use managed_policy::{IamManagedPolicy, IamManagedPolicyChanges, ManagedPolicyOutput};
pub use oidc_provider::{IamOidcProvider, IamOidcProviderChanges, OidcProviderOutput};
pub use owner::Owner;
pub(crate) use owner::Ownership;
pub use role::{IamRole, IamRoleChanges, RoleOutput};
pub use role_policy::{IamRolePolicy, IamRolePolicyChanges};

/// The kinds of these tasks, as kOps spells them; those of the attachment and of managed policies are ours.
pub mod kind {
    /// A role.
    pub const ROLE: &str = "IAMRole";
    /// An inline policy of a role.
    pub const ROLE_POLICY: &str = "IAMRolePolicy";
    /// A managed policy of the cluster's own.
    pub const MANAGED_POLICY: &str = "IAMManagedPolicy";
    /// The managed policies attached to a role.
    pub const ROLE_POLICY_ATTACHMENT: &str = "IAMRolePolicyAttachment";
    /// An instance profile.
    pub const INSTANCE_PROFILE: &str = "IAMInstanceProfile";
    /// A role in an instance profile.
    pub const INSTANCE_PROFILE_ROLE: &str = "IAMInstanceProfileRole";
    /// An OpenID Connect provider.
    pub const OIDC_PROVIDER: &str = "IAMOIDCProvider";
}
