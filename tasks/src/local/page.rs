//! Listings in parts.

use super::error::Refusal;
use crate::cloud::Page;

/// The part of a listing that a marker stands for: `items` are all of them with the key that each
/// is told apart by, in any order.
///
/// A marker names the last item of the part before, so that what is made or deleted meanwhile
/// neither repeats nor hides others.
pub(super) fn page<T>(
    listing: &str,
    items: impl IntoIterator<Item = (String, T)>,
    marker: Option<&str>,
    size: usize,
) -> Result<Page<T>, Refusal> {
    let after = marker.map(|marker| read_marker(listing, marker)).transpose()?;
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_by(|a, b| a.0.cmp(&b.0));
    items.retain(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    let more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| more).map(|(key, _)| write_marker(listing, key));
    Ok(Page { items: items.into_iter().map(|(_, item)| item).collect(), next })
}

fn write_marker(listing: &str, key: &str) -> String {
    format!("{:08x}{key}", fingerprint(listing, key))
}

/// The key in a marker that this listing gave out; no other marker will do.
fn read_marker<'a>(listing: &str, marker: &'a str) -> Result<&'a str, Refusal> {
    marker
        .split_at_checked(8)
        .filter(|(print, key)| *print == format!("{:08x}", fingerprint(listing, key)))
        .map(|(_, key)| key)
        .ok_or_else(|| Refusal::validation(format!("Invalid Marker: {marker}")))
}

/// FNV-1a, 32 bits.
fn fingerprint(listing: &str, key: &str) -> u32 {
    let bytes = listing.bytes().chain([0]).chain(key.bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn parts_follow_each_other_in_order_to_the_end() {
        let all = items(&["c", "a", "e", "b", "d"]);
        let first = page("x", all.clone(), None, 2).unwrap();
        assert_eq!(first.items, ["a", "b"]);
        let second = page("x", all.clone(), first.next.as_deref(), 2).unwrap();
        assert_eq!(second.items, ["c", "d"]);
        let third = page("x", all, second.next.as_deref(), 2).unwrap();
        assert_eq!((third.items.as_slice(), third.next), (&["e".to_owned()][..], None));
    }

    #[test]
    fn what_goes_meanwhile_hides_nothing() {
        let first = page("x", items(&["a", "b", "c", "d"]), None, 2).unwrap();
        let second = page("x", items(&["c", "d"]), first.next.as_deref(), 2).unwrap();
        assert_eq!(second.items, ["c", "d"]);
    }

    #[test]
    fn a_marker_of_another_listing_or_made_up_is_refused() {
        let next = page("x", items(&["a", "b"]), None, 1).unwrap().next.unwrap();
        for (listing, marker) in [("y", next.as_str()), ("x", "made-up"), ("x", ""), ("x", "ä")] {
            let refusal = page("y", items(&["a"]), Some(marker), 1).unwrap_err();
            assert_eq!(refusal.code, "ValidationError", "{listing} {marker}");
        }
    }
}
