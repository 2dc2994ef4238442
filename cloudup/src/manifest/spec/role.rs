//! What an instance group's nodes are.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an instance group's nodes are.
///
/// Manifests spell roles in many ways; all of these are the control plane: `ControlPlane`,
/// `control-plane`, `controlPlane`, `Master`, `master`. Case, hyphens and underscores do not matter.
///
/// ```
/// use cloudup::manifest::spec::Role;
///
/// assert_eq!("Master".parse(), Ok(Role::ControlPlane));
/// assert_eq!("control-plane".parse(), Ok(Role::ControlPlane));
/// assert_eq!("api-server".parse(), Ok(Role::ApiServer));
/// assert!("nodes".parse::<Role>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Role {
    /// The control plane: API server, etcd, controllers. v1alpha2 writes `Master`.
    ControlPlane,
    /// API servers without etcd.
    ApiServer,
    /// Workers.
    Node,
    /// Hosts to reach the others by.
    Bastion,
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role: a role is one of Master, APIServer, Node, Bastion")]
pub struct UnknownRole(pub String);

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::ControlPlane, Self::ApiServer, Self::Node, Self::Bastion];

    /// As v1alpha2 writes it in an instance group: `Master`, `APIServer`, `Node`, `Bastion`.
    pub fn manifest_name(self) -> &'static str {
        match self {
            Self::ControlPlane => "Master",
            Self::ApiServer => "APIServer",
            Self::Node => "Node",
            Self::Bastion => "Bastion",
        }
    }

    /// As nodes are labelled with it: `control-plane`, `apiserver`, `node`, `bastion`.
    pub fn node_label(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::ApiServer => "apiserver",
            Self::Node => "node",
            Self::Bastion => "bastion",
        }
    }

    /// As v1alpha2 writes it in `externalPolicies` and `additionalPolicies`: `master`, `apiserver`,
    /// `node`, `bastion`.
    pub fn policy_key(self) -> &'static str {
        match self {
            Self::ControlPlane => "master",
            Self::ApiServer => "apiserver",
            Self::Node => "node",
            Self::Bastion => "bastion",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let folded: String =
            text.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
        match folded.as_str() {
            "controlplane" | "master" => Ok(Self::ControlPlane),
            "apiserver" => Ok(Self::ApiServer),
            "node" => Ok(Self::Node),
            "bastion" => Ok(Self::Bastion),
            _ => Err(UnknownRole(text.to_owned())),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlPlane => "control-plane",
            role => role.policy_key(),
        })
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.manifest_name())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A map by role, whatever spelling its keys have. Keys that name none of the four roles (kOps
/// also knows `etcd`, `scheduler` and `kubecontrollermanager`, which no group can have) are left out.
pub(super) fn by_role<'de, D, T>(
    deserializer: D,
) -> Result<std::collections::BTreeMap<Role, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let given = std::collections::BTreeMap::<String, T>::deserialize(deserializer)?;
    Ok(given.into_iter().filter_map(|(key, value)| Some((key.parse().ok()?, value))).collect())
}
