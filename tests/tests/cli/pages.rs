//! Pages in a browser, as people use them.

use std::fmt::Write as _;

use cloudup::picture::Picture;
use cloudup_engine::{Drawing, TaskId, Thing};
use cloudup_tests::browser;

use crate::shell::{Shell, UPDATE, small};

/// As many as make 5,000 tasks.
const GROUPS: usize = 555;

/// A cluster with so many groups, each with a role for itself.
fn large(groups: usize) -> String {
    let mut manifest = small("", "");
    for nth in 0..groups {
        let _ = write!(
            manifest,
            "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: nodes-{nth}
  labels: {{ kops.k8s.io/cluster: demo.example.com }}
  annotations: {{ cloudup/external-policies: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }}
spec:
  role: Node
  image: ami-12345678
  machineType: t3.medium
  subnets: [a]
"
        );
    }
    manifest
}

/// A page of a picture with one task, with a name that is nobody's but an attacker's.
fn one() -> String {
    let task = TaskId::new("IAMRole", "</script><img src=https://example.com/x onerror=alert(1)>");
    let things = vec![Thing { task, wanted: true, group: None, mark: None, entry: None }];
    Picture::new("one", Drawing { things, ..Drawing::default() }, None).html()
}

#[test]
fn a_picture_is_for_everybody_who_has_a_browser() {
    let Some(browser) = browser::browser() else { return };
    let shell =
        Shell::with_demo().with_file("1.html", one()).with_file("large.yaml", large(GROUPS));
    shell.run(UPDATE.into_iter().chain(["--phase", "network", "--yes"])).expect(0);
    let draw = |file, format, out| {
        shell.run(["graph", "-f", file, "-o", format, "--out", out]).expect(0);
    };
    draw("cluster.yaml", "html", "41.html");
    draw("cluster.yaml", "svg", "41.svg");
    draw("large.yaml", "html", "5000.html");
    browser.check("graph", &shell.path(""));
}
