//! Pictures of graphs of all shapes.

use cloudup_engine::{Drawing, Link, Mark, TaskId, Thing, Why};
use proptest::prelude::*;

use super::{
    Picture,
    layout::{BOX, Layout},
};

fn thing(nth: usize, group: Option<usize>) -> Thing {
    let task = TaskId::new("Thing", format!("{nth} <&\"> größe\u{1}"));
    Thing { task, wanted: true, group, mark: Some(Mark::ALL[nth % Mark::ALL.len()]), entry: None }
}

fn drawings(most: usize) -> impl Strategy<Value = Drawing> {
    let why = prop::sample::select(vec![Why::Value, Why::Order, Why::Deletion, Why::Stray]);
    let groups = prop::collection::vec(prop::option::of(0..3_usize), 0..most);
    let links = prop::collection::vec((0..most, 1..most, why), 0..2 * most);
    (groups, links).prop_map(|(groups, links)| {
        let count = groups.len();
        let link = |(first, further, why)| Link { first, then: first + further, why };
        let mut links: Vec<_> =
            links.into_iter().map(link).filter(|link| link.then < count).collect();
        // Deletions may lead back.
        links.extend((count > 2).then_some(Link { first: 2, then: 0, why: Why::Deletion }));
        links.sort_unstable();
        links.dedup();
        let things = groups.into_iter().enumerate().map(|(nth, group)| thing(nth, group));
        let groups = ["network", "security", "<cluster>"].map(str::to_owned).to_vec();
        Drawing { things: things.collect(), links, groups }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_two_things_share_a_place_and_each_is_in_its_band(drawing in drawings(60)) {
        let Layout { size, things, bands, .. } = Layout::of(&drawing);
        let apart = |a: f64, b: f64, room: f64| (a - b).abs() >= room;
        for (nth, (x, y)) in things.iter().enumerate() {
            prop_assert!(*x >= 0.0 && *y >= 0.0 && x + BOX.0 <= size.0 && y + BOX.1 <= size.1);
            for (other_x, other_y) in &things[..nth] {
                prop_assert!(apart(*x, *other_x, BOX.0) || apart(*y, *other_y, BOX.1));
            }
            let group = drawing.things[nth].group;
            let band = bands.iter().find(|(band, ..)| *band == group);
            let (_, top, height) = band.expect("its band is there");
            prop_assert!(*top < *y && y + BOX.1 < top + height);
        }
        for pair in bands.windows(2) {
            prop_assert!(pair[0].1 + pair[0].2 <= pair[1].1, "bands are apart");
        }
    }

    #[test]
    fn arrows_lead_to_the_right_from_thing_to_thing(drawing in drawings(40)) {
        let Layout { things, links, .. } = Layout::of(&drawing);
        prop_assert_eq!(links.len(), drawing.links.len());
        for (link, way) in drawing.links.iter().zip(&links) {
            let (first, then) = (things[link.first], things[link.then]);
            prop_assert_eq!(way.first(), Some(&(first.0 + BOX.0, first.1 + BOX.1 / 2.0)));
            prop_assert_eq!(way.last(), Some(&(then.0, then.1 + BOX.1 / 2.0)));
            if link.why != Why::Deletion {
                prop_assert!(way.is_sorted_by(|a, b| a.0 < b.0), "{:?}", way);
            }
        }
    }

    #[test]
    fn every_thing_and_link_is_in_the_picture_and_the_page(drawing in drawings(30)) {
        let picture = Picture::new("a <picture>", drawing.clone(), None);
        for text in [picture.svg(), picture.html()] {
            prop_assert_eq!(text.matches("class=\"thing ").count(), drawing.things.len());
            prop_assert_eq!(text.matches("class=\"link ").count(), drawing.links.len());
            for Link { first, then, why } in &drawing.links {
                let start = format!("<path class=\"link {}\" d=\"M", why.name());
                let ends = format!("data-first=\"{first}\" data-then=\"{then}\"");
                prop_assert!(text.split(&start).any(|part| part.split('>').next().is_some_and(|it| it.contains(&ends))));
            }
        }
        prop_assert_eq!(picture.svg(), Picture::new("a <picture>", drawing, None).svg());
    }
}

/// Five thousand in one column would be a thread.
#[test]
fn very_many_stand_side_by_side() {
    let things = (0..5000).map(|nth| thing(nth, Some(0))).collect();
    let links = (1..5000).map(|then| Link { first: 0, then, why: Why::Value }).collect();
    let drawing = Drawing { things, links, groups: vec!["all".to_owned()] };
    let (width, height) = Layout::of(&drawing).size;
    assert!(width / height < 5.0 && height / width < 5.0, "{width} x {height}");
}

#[test]
fn a_picture_of_nothing_is_a_picture() {
    let picture = Picture::new("nothing", Drawing::default(), None);
    assert!(picture.svg().contains("0 tasks, not planned."));
    assert!(picture.html().contains("0 tasks, not planned."));
}

#[test]
fn a_file_is_xml_whatever_things_are_called() {
    let drawing = Drawing { things: vec![thing(0, None)], ..Drawing::default() };
    let svg = Picture::new("a \u{0} \u{ffff} </svg> & title", drawing, None).svg();
    let (_, title) = svg.split_once("<title id=\"title\">").expect("a title");
    assert!(title.starts_with("a \u{fffd} \u{fffd} &lt;/svg&gt; &amp; title</title>"), "{title}");
    assert!(svg.contains("<title>Thing/0 &lt;&amp;&quot;&gt; größe\u{fffd}: create</title>"));
    let elements = |start: &str| svg.matches(start).count();
    // All but the header are closed.
    assert_eq!(elements("<") - elements("</") - 1, elements("</"));
}
