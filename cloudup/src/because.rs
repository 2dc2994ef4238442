//! Why something is asked for: the fields of a manifest that decide it.

use cloudup_tasks::policy::Position;

use crate::manifest::InstanceGroup;

/// A field that decides about something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field {
    /// The name of the instance group whose field it is; a field of the cluster's where there is
    /// none.
    pub(crate) group: Option<String>,
    /// Its path, as a [`Source`](crate::manifest::Source) has it.
    pub(crate) path: String,
    /// Where in its text what is meant stands, if it is a part of a text.
    pub(crate) inside: Option<Position>,
    /// What holds where the manifest does not say.
    pub(crate) default: Option<String>,
}

impl Field {
    /// A field of the cluster.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { group: None, path: path.into(), inside: None, default: None }
    }

    /// A field of an instance group.
    pub(crate) fn of_group(group: &InstanceGroup, path: impl Into<String>) -> Self {
        Self { group: Some(group.name().to_owned()), ..Self::new(path) }
    }
}

/// Fields of the cluster, or of an instance group, that together ask for something.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Because(Vec<Field>);

/// The ways in which something is asked for, each of which is enough; none where it is not.
pub(crate) type Asked = Vec<Because>;

impl Because {
    /// Because the cluster has this field.
    pub(crate) fn field(path: impl Into<String>) -> Self {
        Self(vec![Field::new(path)])
    }

    /// Because of a field of the cluster which stands for `default` where it is absent.
    pub(crate) fn by_default(path: impl Into<String>, default: impl Into<String>) -> Self {
        Self(vec![Field { default: Some(default.into()), ..Field::new(path) }])
    }

    /// Because the instance group has this field.
    pub(crate) fn of_group(group: &InstanceGroup, path: impl Into<String>) -> Self {
        Self(vec![Field::of_group(group, path)])
    }

    /// Because of what stands at this place in the text that is a field.
    pub(crate) fn within(field: Field, place: Option<Position>) -> Self {
        Self(vec![Field { inside: place, ..field }])
    }

    /// Because add-ons have roles of their own, or have none.
    pub(crate) fn service_accounts() -> Self {
        Self::by_default("spec.iam.useServiceAccountExternalPermissions", "false")
    }

    /// Because the node termination handler is there.
    pub(crate) fn termination_handler() -> Self {
        Self::by_default("spec.nodeTerminationHandler.enabled", "true")
    }

    /// Because the cluster has DNS names.
    pub(crate) fn names() -> Self {
        Self::by_default("spec.topology.dns.type", "Public")
    }

    /// Because of what publishes the cluster's DNS names.
    pub(crate) fn publisher() -> Self {
        Self::by_default("spec.externalDns.provider", "dns-controller").and(Self::names())
    }

    /// Because of the hosted zone with the cluster's DNS names.
    pub(crate) fn hosted_zone() -> Self {
        Self::by_default("spec.dnsZone", "the one nearest above the cluster's name")
    }

    /// Both together.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(
            other.0.into_iter().filter(|field| !self.0.contains(field)).collect::<Vec<_>>(),
        );
        self
    }

    /// Where `is_so`: this asks for it. Otherwise nothing does.
    pub(crate) fn if_so(self, is_so: bool) -> Asked {
        if is_so { vec![self] } else { Asked::new() }
    }

    /// The fields.
    pub(crate) fn fields(&self) -> &[Field] {
        &self.0
    }
}
