//! Deletions that are restricted to a phase, or to what lifecycles let go.

use std::collections::BTreeMap;

use cloudup::{
    phase::Phase,
    removal::{Target, is_clean},
    update::{UpdateOptions, UpdateReport},
};

use crate::{
    account, at_once, cluster, failures, made, options, others, overridden, plan, remove, state,
};

fn in_phase(phase: Phase) -> UpdateOptions {
    UpdateOptions { phase: Some(phase), ..options() }
}

/// How many things of each phase came to what.
fn outcomes(report: &UpdateReport) -> String {
    let mut counts = BTreeMap::new();
    for entry in &report.report.entries {
        let phase = cloudup::kinds::phase(entry.task.kind()).map_or("none", Phase::name);
        let lifecycle = &entry.lifecycle;
        let of = format!("{phase}: {lifecycle}, {}", entry.outcome.name());
        *counts.entry(of).or_insert(0) += 1;
    }
    let lines: Vec<_> = counts.iter().map(|(of, count)| format!("  {count} {of}\n")).collect();
    lines.concat()
}

#[test]
fn phases_go_in_the_reverse_of_the_order_in_which_they_came() {
    at_once(async {
        let cluster = cluster();
        let before = made(&cluster).await;
        let mut told = String::new();
        for phase in Phase::ALL {
            let account = account(&before);
            let planned = plan(&account, Target::Cluster(&cluster), &in_phase(phase)).await;
            let done = remove(&account, Target::Cluster(&cluster), &in_phase(phase)).await;
            told += &["# ", phase.name(), "\nplan:\n", &outcomes(&planned)].concat();
            told += &["apply:\n", &outcomes(&done)].concat();
            assert!(!is_clean(&done), "more is left");
        }
        insta::assert_snapshot!(told);

        let account = account(&before);
        for phase in [Phase::Cluster, Phase::Security, Phase::Network] {
            let done = remove(&account, Target::Cluster(&cluster), &in_phase(phase)).await;
            assert!(done.report.succeeded(), "{phase}: {}", failures(&done));
        }
        assert_eq!(crate::essence(&state(&account)), crate::essence(&others()));
    });
}

#[test]
fn what_lifecycles_keep_stays_and_the_rest_goes() {
    at_once(async {
        let cluster = cluster();
        let before = made(&cluster).await;

        let all_but_iam = "IAMRole=Ignore,IAMInstanceProfile=Ignore,IAMManagedPolicy=Ignore,IAMOIDCProvider=Ignore";
        let account_ = account(&before);
        let report = remove(&account_, Target::Cluster(&cluster), &overridden(all_but_iam)).await;
        assert!(is_clean(&report), "{}", failures(&report));
        let left = state(&account_);
        assert_eq!(left.roles, before.roles);
        assert_eq!(left.instance_profiles, before.instance_profiles);
        assert_eq!(left.oidc_providers, before.oidc_providers);
        assert_eq!((left.vpcs.len(), left.auto_scaling_groups.len()), (others().vpcs.len(), 0));

        // A rule about what has gone already is no mistake, since it was none the first time.
        let one = overridden("IAMRole/nodes.demo.example.com=Ignore,LaunchTemplate/gone*=Ignore");
        let account_ = account(&before);
        let report = remove(&account_, Target::Cluster(&cluster), &one).await;
        assert!(is_clean(&report), "{}", failures(&report));
        assert!(
            report.notices.iter().any(|notice| notice.message.contains("LaunchTemplate/gone*"))
        );
        let left = state(&account_);
        assert_eq!(left.roles.len(), others().roles.len() + 1);
        assert_eq!(
            left.roles.get("nodes.demo.example.com"),
            before.roles.get("nodes.demo.example.com")
        );
    });
}

#[test]
fn what_still_runs_keeps_its_profile_whatever_lifecycles_say() {
    at_once(async {
        let cluster = cluster();
        let before = made(&cluster).await;
        let account = account(&before);
        let asked = overridden("AutoscalingGroup=Ignore");
        let report = remove(&account, Target::Cluster(&cluster), &asked).await;
        let told = failures(&report);
        assert!(told.contains("take role nodes.demo.example.com out of"), "{told}");
        assert!(told.contains("runs with it"), "{told}");
        let left = state(&account);
        assert_eq!(left.instances, before.instances);
        for role in ["nodes.demo.example.com", "masters.demo.example.com"] {
            assert_eq!(left.roles.get(role), before.roles.get(role));
            assert_eq!(left.instance_profiles.get(role), before.instance_profiles.get(role));
        }
    });
}
