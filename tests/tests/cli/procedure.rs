//! The documented way from roles that cloudup makes to instance profiles that somebody else keeps:
//! edit every group, update with the documented overrides, replace the instances. On the embedded
//! account, and over sockets.

use std::{collections::BTreeMap, sync::Arc};

use cloudup_tasks::{
    aws::AwsCloud,
    cloud::{
        CloudReader,
        autoscaling::{AutoScalingGroup, Groups},
        ec2::{LaunchTemplateData, LaunchTemplateVersion, Tagged, Versions},
    },
    local,
};
use cloudup_tests::{
    kubernetes::{FakeKubernetes, machines},
    moto::{self, Account},
};
use serde_json::json;

use crate::shell::{ACCOUNT, Ran, Shell, small};

const CLUSTER: &str = "demo.example.com";

/// The groups, the names of their templates, and the profiles that they are to have.
const GROUPS: [(&str, &str, &str); 3] = [
    ("control-plane", "control-plane.masters.demo.example.com", "masters"),
    ("nodes", "nodes.demo.example.com", "workers"),
    ("special", "special.demo.example.com", "workers"),
];

const DOCUMENTED: &str = "IAMRole=ExistsAndWarnIfChanges,IAMRolePolicy=ExistsAndWarnIfChanges,\
                          IAMInstanceProfileRole=ExistsAndWarnIfChanges";

/// A store with the cluster, made on the embedded account or on that one.
struct Place {
    shell: Shell,
    moto: Option<Account>,
}

impl Place {
    fn embedded() -> Self {
        let role = |name: &str| json!({ "name": format!("security-{name}") });
        let profile =
            |name: &str| json!({ "name": name, "path": "/security/", "role": role(name) });
        let names = ["masters", "workers"];
        let (roles, profiles) = (names.map(role), names.map(profile));
        let seed = json!({ "roles": roles, "instanceProfiles": profiles });
        Self { shell: Shell::new().with_account(&seed), moto: None }.prepared()
    }

    fn over_sockets(account: Account) -> Self {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        })
        .to_string();
        for name in ["masters", "workers"] {
            let role = format!("security-{name}");
            let call = |action: &str, params: &[(&str, &str)]| account.call("iam", action, params);
            call("CreateRole", &[("RoleName", &role), ("AssumeRolePolicyDocument", &trust)]);
            let (profile, path) = (("InstanceProfileName", name), ("Path", "/security/"));
            call("CreateInstanceProfile", &[profile, path]);
            call("AddRoleToInstanceProfile", &[profile, ("RoleName", &role)]);
        }
        Self { shell: Shell::new(), moto: Some(account) }.prepared()
    }

    /// With the cluster as it was before.
    fn prepared(self) -> Self {
        let one = small("", "  minSize: 1\n  maxSize: 1\n");
        let (_, nodes) = one.split_once("---\n").expect("there is a group");
        let special = nodes.replace("name: nodes\n", "name: special\n");
        let masters = nodes.replace("name: nodes\n", "name: control-plane\n");
        let masters = masters.replace("role: Node\n", "role: Master\n");
        self.shell.write("cluster.yaml", format!("{one}---\n{special}---\n{masters}"));
        self.run(&["create", "-f", "cluster.yaml"]).expect(0);
        self.run(&["update", "cluster", CLUSTER, "--yes"]).expect(0);
        self
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.shell.command(args.iter().copied());
        if let Some(account) = &self.moto {
            account.enter(command.arg("--cloud=aws"));
        }
        self.shell.finish(command.spawn().expect("the binary starts"))
    }

    fn account_id(&self) -> &str {
        self.moto.as_ref().map_or("123456789012", Account::id)
    }

    /// The groups get profiles of somebody else's.
    fn edit(&self, groups: &[(&str, &str, &str)]) {
        for (group, _, profile) in groups {
            let arn =
                format!("arn:aws:iam::{}:instance-profile/security/{profile}", self.account_id());
            let set = format!("spec.iam.profile={arn}");
            self.run(&["edit", "ig", group, "--set", &set]).expect(0);
        }
    }

    /// Forgets what was called so far, where calls are remembered; what IAM holds, where it can be
    /// read whole.
    fn watch(&self) -> serde_json::Value {
        match &self.moto {
            None => self.shell.iam(),
            Some(account) => {
                account.forget_calls();
                json!(null)
            }
        }
    }

    /// Panics where IAM is not as it was.
    fn check_iam(&self, before: &serde_json::Value, ran: &Ran) {
        match &self.moto {
            None => assert_eq!(self.shell.iam(), *before, "{ran}"),
            Some(account) => {
                let writes = account.writes();
                let of_iam: Vec<_> = writes.iter().filter(|call| call.service == "iam").collect();
                assert!(of_iam.is_empty(), "{of_iam:?}\n{ran}");
            }
        }
    }

    fn cloud(&self) -> Arc<dyn CloudReader> {
        match &self.moto {
            Some(account) => {
                let config = account.sdk_config().into_builder();
                let region = aws_config::Region::from_static("eu-west-1");
                Arc::new(AwsCloud::new(&config.region(region).build()))
            }
            None => {
                Arc::new(local::Account::open(self.shell.path(ACCOUNT)).expect("it can be read"))
            }
        }
    }

    /// The versions of each group's template, oldest first.
    fn versions(&self) -> BTreeMap<&'static str, Vec<LaunchTemplateVersion>> {
        at_once(async {
            let cloud = self.cloud();
            let mut all = BTreeMap::new();
            for (_, template, _) in GROUPS {
                let which = Versions::AllOf(template.to_owned());
                let found = cloud.ec2().describe_launch_template_versions(&which, None).await;
                let mut versions = found.expect("there is a template").items;
                versions.sort_by_key(|version| version.number);
                all.insert(template, versions);
            }
            all
        })
    }

    /// The instances of the cluster's groups by id, and whether they started from what new ones
    /// start from.
    fn instances(&self) -> BTreeMap<String, bool> {
        at_once(async {
            let which = Groups::Tagged(Tagged::of_cluster(CLUSTER));
            let cloud = self.cloud();
            let found = cloud.autoscaling().describe_auto_scaling_groups(&which, None).await;
            let groups = found.expect("there are groups").items;
            assert_eq!(groups.len(), GROUPS.len());
            let of = |group: AutoScalingGroup| {
                let wanted = group.template().cloned();
                let instances = group.instances.into_iter();
                instances.map(move |it| (it.id, it.launch_template == wanted))
            };
            groups.into_iter().flat_map(of).collect()
        })
    }

    /// Replaces the instances that run with what they had before: drained, on the embedded account,
    /// whose instances are the nodes of a Kubernetes; in the cloud alone over sockets.
    fn replace_instances(&self) -> Ran {
        let quick = ["--control-plane-interval=0s", "--node-interval=0s", "--post-drain-delay=0s"];
        let roll = [&["rolling-update", "cluster", CLUSTER, "--validate-count=1"][..], &quick];
        let mut roll = roll.concat();
        let account = self.shell.path(ACCOUNT);
        let kubernetes =
            self.moto.is_none().then(|| FakeKubernetes::of(move || machines(&account)));
        if let Some(kubernetes) = &kubernetes {
            self.shell.write("kubeconfig", kubernetes.kubeconfig(CLUSTER));
            roll.push("--kubeconfig=kubeconfig");
        } else {
            roll.push("--cloudonly");
        }
        let before = self.instances();
        self.run(&[&roll[..], &["--detailed-exitcode"]].concat()).expect(2);
        assert_eq!(self.instances(), before, "a plan changes nothing");
        let ran = self.run(&[&roll[..], &["--yes"]].concat()).expect(0);
        self.run(&[&roll[..], &["--detailed-exitcode"]].concat()).expect(0);
        drop(kubernetes);
        ran
    }
}

fn at_once<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

/// The groups of whose instances a rolling update told that they go, in that order.
fn order(ran: &Ran) -> Vec<&str> {
    let lines = ran.stderr.lines().filter(|line| line.contains(": terminating "));
    let mut groups: Vec<_> = lines.filter_map(|line| line.split(':').next()).collect();
    groups.dedup();
    groups
}

/// These groups move to profiles of somebody else's by an update with these options.
fn hand_over(place: &Place, groups: &[(&str, &str, &str)], options: &[&str]) {
    let before = place.versions();
    assert!(place.instances().values().all(|is_current| *is_current));
    place.edit(groups);
    let iam = place.watch();
    let update = [&["update", "cluster", CLUSTER], options].concat();

    let planned = place.run(&update).expect(0);
    place.check_iam(&iam, &planned);
    assert_eq!(place.versions(), before, "a plan changes nothing");
    let ran = place.run(&[&update[..], &["--yes"]].concat()).expect(0);
    place.check_iam(&iam, &ran);

    let after = place.versions();
    for (group, template, _) in GROUPS {
        let (old, new) = (&before[template], &after[template]);
        assert_eq!(new[..old.len()].iter().map(|it| &it.data).collect::<Vec<_>>(), [&old[0].data]);
        let moved = groups.iter().find(|(name, ..)| *name == group);
        let Some((_, _, profile)) = moved else {
            assert_eq!(old, new, "{group} stays as it is");
            continue;
        };
        assert_eq!((old.len(), new.len()), (1, 2), "{group}");
        let profile = Some((*profile).to_owned());
        let expected = LaunchTemplateData { iam_instance_profile: profile, ..old[0].data.clone() };
        assert_eq!(new[1].data, expected, "{group}: only the profile differs");
        assert!(new[1].is_default, "{group}");
    }

    let old = place.instances();
    assert_eq!(old.values().filter(|is_current| !**is_current).count(), groups.len());
    let rolled = place.replace_instances();
    place.check_iam(&iam, &rolled);
    let new = place.instances();
    assert!(new.values().all(|is_current| *is_current), "{new:?}");
    for (id, was_current) in &old {
        assert_eq!(new.contains_key(id), *was_current, "{id}: what is stale goes, nothing else");
    }
    assert_eq!((new.len(), place.versions()), (old.len(), after));
    assert_eq!(order(&rolled), groups.iter().map(|(group, ..)| *group).collect::<Vec<_>>());

    let again = place.run(&[&update[..], &["--detailed-exitcode"]].concat()).expect(0);
    assert!(
        again.stdout.contains("0 to create, 0 to change") || again.stdout.contains("Nothing to do"),
        "{again}"
    );
}

#[test]
fn every_group_moves_to_an_existing_profile_with_the_documented_overrides() {
    hand_over(&Place::embedded(), &GROUPS, &["--lifecycle-overrides", DOCUMENTED]);
}

#[test]
fn some_groups_move_and_others_keep_their_roles_without_any_override() {
    hand_over(&Place::embedded(), &GROUPS[..2], &[]);
}

#[test]
fn every_group_moves_to_an_existing_profile_over_sockets() {
    let Some(moto) = moto::server() else { return };
    let place = Place::over_sockets(moto.account());
    hand_over(&place, &GROUPS, &["--lifecycle-overrides", DOCUMENTED]);
}

#[test]
fn some_groups_move_and_others_keep_their_roles_over_sockets() {
    let Some(moto) = moto::server() else { return };
    hand_over(&Place::over_sockets(moto.account()), &GROUPS[..2], &[]);
}
