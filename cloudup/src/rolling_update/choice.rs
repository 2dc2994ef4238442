//! Which instance groups, and in which order.

use std::collections::BTreeSet;

use crate::manifest::{
    Cluster, InstanceGroup, did_you_mean,
    spec::{Role, UnknownRole},
};

/// Which instance groups are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Their names; all if there are none.
    pub names: Vec<String>,
    /// Their roles, as people spell them; all if there are none.
    pub roles: Vec<String>,
}

/// Something that a choice names and that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No instance group has that name.
    #[error("the cluster has no instance group {name:?}{}", told(hint.as_deref()))]
    Group {
        /// The name.
        name: String,
        /// What was meant, perhaps.
        hint: Option<String>,
    },
    /// There is no such role.
    #[error("{role}{}", told(hint.as_deref()))]
    Role {
        /// What was given.
        role: UnknownRole,
        /// What was meant, perhaps.
        hint: Option<String>,
    },
}

fn told(hint: Option<&str>) -> String {
    hint.map(|hint| format!("; {hint}")).unwrap_or_default()
}

impl Choice {
    /// The groups that it names, each with its turn: bastions, the control plane, API servers,
    /// nodes; of one role by name. Names and roles together mean the groups that fit both.
    ///
    /// # Errors
    ///
    /// Everything that it names and that is not there.
    pub(super) fn of<'a>(
        &self,
        cluster: &'a Cluster,
    ) -> Result<Vec<&'a InstanceGroup>, Vec<ChoiceError>> {
        let (roles, mut mistakes) = self.roles();
        let known: Vec<_> = cluster.groups.iter().map(InstanceGroup::name).collect();
        for name in self.names.iter().filter(|name| !known.contains(&name.as_str())) {
            let hint = did_you_mean(name, known.iter().copied())
                .or_else(|| Some(format!("it has {}", known.join(", "))));
            mistakes.push(ChoiceError::Group { name: name.clone(), hint });
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let is_meant = |group: &&InstanceGroup| {
            let named = self.names.is_empty() || self.names.iter().any(|it| it == group.name());
            named && (self.roles.is_empty() || roles.contains(&group.spec.role))
        };
        let mut groups: Vec<_> = cluster.groups.iter().filter(is_meant).collect();
        groups.sort_by_key(|group| (turn(group.spec.role), group.name()));
        Ok(groups)
    }

    fn roles(&self) -> (BTreeSet<Role>, Vec<ChoiceError>) {
        let spelt = ["control-plane", "master", "apiserver", "node", "bastion"];
        let (mut roles, mut mistakes) = (BTreeSet::new(), Vec::new());
        for text in &self.roles {
            match text.parse() {
                Ok(role) => {
                    roles.insert(role);
                }
                Err(role) => {
                    let hint = did_you_mean(text, spelt);
                    mistakes.push(ChoiceError::Role { role, hint });
                }
            }
        }
        (roles, mistakes)
    }
}

/// What others are reached through comes first, what others run on last.
fn turn(role: Role) -> u8 {
    match role {
        Role::Bastion => 0,
        Role::ControlPlane => 1,
        Role::ApiServer => 2,
        Role::Node => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rolling_update::tests::cluster;

    fn chosen(names: &[&str], roles: &[&str]) -> Result<Vec<String>, Vec<String>> {
        let cluster = cluster(&[
            ("nodes-b", "Node", 1),
            ("nodes-a", "Node", 1),
            ("api", "APIServer", 1),
            ("cp-b", "Master", 1),
            ("cp-a", "Master", 1),
            ("hop", "Bastion", 1),
        ]);
        let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let choice = Choice { names: own(names), roles: own(roles) };
        match choice.of(&cluster) {
            Ok(groups) => Ok(groups.iter().map(|group| group.name().to_owned()).collect()),
            Err(mistakes) => Err(mistakes.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn groups_have_their_turn_by_role_and_name() {
        for (names, roles, expected) in [
            (&[][..], &[][..], &["hop", "cp-a", "cp-b", "api", "nodes-a", "nodes-b"][..]),
            (&["nodes-b", "hop"], &[], &["hop", "nodes-b"]),
            (&[], &["master", "Bastion"], &["hop", "cp-a", "cp-b"]),
            (&["cp-a", "nodes-a"], &["control-plane"], &["cp-a"]),
            (&["nodes-a"], &["apiserver"], &[]),
        ] {
            assert_eq!(chosen(names, roles).unwrap(), expected, "{names:?} {roles:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_all_at_once() {
        let mistakes = chosen(&["node-a", "zzz"], &["nods", "bastion"]).unwrap_err();
        insta::assert_snapshot!(mistakes.join("\n"));
    }
}
