//! What a backend promises, whatever it is.

use object_store::Error;

use super::block_on;
use crate::store::{
    Store,
    backend::{Backend, Version},
};

fn each(check: impl Fn(&dyn Backend)) {
    let folder = tempfile::tempdir().unwrap();
    for store in [Store::memory(), Store::folder(folder.path().join("state"))] {
        check(store.backend.as_ref());
    }
}

async fn put(backend: &dyn Backend, text: &str, over: Option<&Version>) -> Result<Version, Error> {
    backend.put("a/b", text.as_bytes().to_vec(), over).await
}

fn is_refused<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::AlreadyExists { .. } | Error::Precondition { .. }))
}

#[test]
fn writes_are_over_what_is_there_or_refused() {
    each(|backend| {
        block_on(async {
            let first = put(backend, "first", None).await.unwrap();
            assert_eq!(backend.get("a/b").await.unwrap().unwrap().version, first);
            assert!(is_refused(&put(backend, "another", None).await));
            let second = put(backend, "second", Some(&first)).await.unwrap();
            assert_ne!(second, first);
            assert!(is_refused(&put(backend, "late", Some(&first)).await));
            assert_eq!(backend.get("a/b").await.unwrap().unwrap().bytes, b"second");
            backend.delete("a/b").await.unwrap();
            assert!(is_refused(&put(backend, "late", Some(&second)).await));
            assert!(backend.get("a/b").await.unwrap().is_none());
            backend.delete("a/b").await.unwrap();
        });
    });
}

#[test]
fn folders_are_listed_one_level_deep_and_in_order() {
    each(|backend| {
        block_on(async {
            assert_eq!(backend.list("").await.unwrap(), [""; 0]);
            for key in ["b", "a/b", "a/c/d", "a/a", "ab/c"] {
                backend.put(key, b"x".to_vec(), None).await.unwrap();
            }
            let top = backend.list("").await.unwrap();
            let top: Vec<_> = top.iter().filter(|key| !key.starts_with(".cloudup")).collect();
            assert_eq!(top, ["a/", "ab/", "b"]);
            assert_eq!(backend.list("a").await.unwrap(), ["a/a", "a/b", "a/c/"]);
            assert_eq!(backend.list("nothing").await.unwrap(), [""; 0]);
        });
    });
}
