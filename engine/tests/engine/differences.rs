//! What `derive(Diff)` makes of a struct.

use cloudup_engine::{Changes as _, Diff, FieldChange, Managed, Sensitive};
use serde_json::json;

#[derive(Clone, Diff)]
struct Role {
    #[diff(skip)]
    name: String,
    #[diff(immutable, rename = "permissionsBoundary")]
    boundary: Option<String>,
    r#type: u8,
    size: Managed<u32>,
    secret: Sensitive<String>,
}

fn role() -> Role {
    Role {
        name: "nodes".into(),
        boundary: Some("arn".into()),
        r#type: 1,
        size: Managed::Set(3),
        secret: Sensitive::new("hush".into()),
    }
}

fn changes(actual: &Role, expected: &Role) -> Vec<FieldChange> {
    Role::diff(actual, expected).list()
}

#[test]
fn equal_values_differ_in_nothing() {
    assert_eq!(changes(&role(), &role()), []);
    assert_eq!(changes(&Role { name: "other".into(), ..role() }, &role()), []);
}

#[test]
fn a_field_is_shown_by_the_name_that_plans_call_it() {
    let fields: Vec<_> = role().fields().into_iter().map(|field| field.field).collect();
    assert_eq!(fields, ["permissionsBoundary", "type", "size", "secret"]);
}

#[test]
fn a_field_that_is_to_go_is_a_change() {
    let change = &changes(&role(), &Role { boundary: None, ..role() })[0];
    assert_eq!(change.field, "permissionsBoundary");
    assert_eq!((&change.from, &change.to), (&Some(json!("arn")), &Some(json!(null))));
    assert!(change.immutable);
}

#[test]
fn a_field_left_as_found_never_differs() {
    let as_found = Role { size: Managed::AsFound, ..role() };
    assert_eq!(changes(&role(), &as_found), []);
    assert_eq!(changes(&as_found, &role())[0].field, "size");
    assert_eq!(changes(&Role { size: Managed::Set(4), ..role() }, &role())[0].field, "size");
}

#[test]
fn a_secret_is_compared_and_never_shown() {
    let other = Role { secret: Sensitive::new("password".into()), ..role() };
    let changes = changes(&role(), &other);
    let text = serde_json::to_string(&changes).expect("it serialises");
    assert_eq!(changes.len(), 1);
    assert!(!text.contains("hush") && !text.contains("password"), "{text}");
    assert_ne!(changes[0].from, changes[0].to, "that it differs is seen");
    assert!(!format!("{:?}", role().secret).contains("hush"));
}
