//! Pages: one html file each, which asks nobody for anything.
//!
//! A page has its styles, its scripts and its data in itself, works from a file, and says in its
//! Content-Security-Policy that nothing else may be loaded or run. Scripts and styles are allowed by
//! their digests alone: markup has no `style` and no `onclick` attributes. What a script needs to
//! know stands in the page as JSON.

mod guard;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

/// A page.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// What it is called, in its heading and by the browser.
    pub title: &'a str,
    /// What it is about, below the title.
    pub summary: Markup,
    /// Its parts, in order.
    pub sections: Vec<Section<'a>>,
    /// Styles of its own, after those that all pages have. Colours and spaces have names in
    /// `page.css`.
    pub styles: &'a [&'a str],
    /// Scripts of its own, after the one that all pages have. They run once the page is there.
    pub scripts: &'a [&'a str],
    /// What scripts need to know, each by the id of the element that holds it as JSON:
    /// `JSON.parse(document.getElementById(id).textContent)`.
    pub data: Vec<(&'a str, Value)>,
}

/// A part of a page, under a heading. A page of several has a list of them at its top.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// Its id, for links: letters, digits, dashes. `main` and `theme` are taken.
    pub id: &'a str,
    /// Its heading.
    pub heading: &'a str,
    /// What is in it. Headings in it start at `h3`.
    pub body: Markup,
}

/// What all pages look like.
const STYLE: &str = include_str!("page.css");
/// What all pages do: the switch between light and dark.
const SCRIPT: &str = include_str!("page.js");

impl Page<'_> {
    /// The file's text.
    pub fn to_html(&self) -> String {
        let Self { title, summary, sections, styles, scripts, data } = self;
        let styles: Vec<_> = [STYLE].iter().chain(*styles).copied().collect();
        let scripts: Vec<_> = [SCRIPT].iter().chain(*scripts).copied().collect();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy"
                        content=(guard::policy(&styles, &scripts));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    title { (title) }
                    @for style in &styles { style { (PreEscaped(style)) } }
                }
                body {
                    a .skip href="#main" { "Skip to the content" }
                    header .page-header {
                        div .page-title {
                            h1 { (title) }
                            label .theme hidden {
                                "Colours "
                                select #theme autocomplete="off" {
                                    option value="" { "as the system" }
                                    option value="light" { "light" }
                                    option value="dark" { "dark" }
                                }
                            }
                        }
                        div .page-summary { (summary) }
                        @if sections.len() > 1 { (contents(sections)) }
                    }
                    main #main tabindex="-1" {
                        @for Section { id, heading, body } in sections {
                            section id=(id) aria-labelledby={ (id) "-heading" } {
                                h2 id={ (id) "-heading" } { (heading) }
                                (body)
                            }
                        }
                    }
                    @for (id, value) in data {
                        script type="application/json" id=(id) { (PreEscaped(guard::json(value))) }
                    }
                    @for script in &scripts { script { (PreEscaped(script)) } }
                }
            }
        };
        page.into_string() + "\n"
    }
}

fn contents(sections: &[Section<'_>]) -> Markup {
    html! {
        nav .contents aria-label="On this page" {
            ul {
                @for Section { id, heading, .. } in sections {
                    li { a href={ "#" (id) } { (heading) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(title: &str, data: Value) -> String {
        let part =
            |id, heading| Section { id, heading, body: html! { p { "It is \"so\" & <so>." } } };
        let page = Page {
            title,
            summary: html! { p { "Two parts." } },
            sections: vec![part("one", "One"), part("two", "Two")],
            styles: &["/* a style */"],
            scripts: &["'use strict';"],
            data: vec![("data", data)],
        };
        page.to_html()
    }

    #[test]
    fn what_stands_in_a_page_is_not_taken_for_markup() {
        let hostile = "</title></script><script>alert(1)</script>\"'&<!--";
        let page = page(hostile, json!({ hostile: hostile }));
        assert!(!page.contains("alert(1)</script>"));
        assert!(page.contains("&lt;/title&gt;&lt;/script&gt;"));
        let start = r#"<script type="application/json" id="data">"#;
        let (_, data) = page.split_once(start).expect("the page has its data");
        let (data, _) = data.split_once("</script>").expect("the data end");
        assert_eq!(serde_json::from_str::<Value>(data).expect("JSON"), json!({ hostile: hostile }));
    }

    #[test]
    fn a_page_allows_its_own_styles_and_scripts_and_no_others() {
        let page = page("A page", json!(null));
        assert!(!page.contains(" style=") && !page.contains("unsafe-inline"));
        for element in ["style", "script"] {
            let (start, end) = (format!("<{element}>"), format!("</{element}>"));
            let parts = page.split(&start).skip(1);
            let bodies = parts.filter_map(|part| part.split_once(&end));
            let digests: Vec<_> = bodies.map(|(body, _)| guard::digest(body)).collect();
            assert_eq!(digests.len(), 2);
            let sources = format!("{element}-src {};", digests.join(" "));
            assert!(page.contains(&sources), "{sources}");
        }
    }

    #[test]
    fn a_page_has_a_heading_landmarks_and_a_list_of_its_parts() {
        let (styles, scripts) = ([STYLE, "/* a style */"], [SCRIPT, "'use strict';"]);
        let page = page("A page", json!([1, "two"])).replace(STYLE, "").replace(SCRIPT, "");
        let page = page.replace(&guard::policy(&styles, &scripts), "…");
        insta::assert_snapshot!(page.replace('>', ">\n"));
    }
}
