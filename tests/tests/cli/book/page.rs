//! A page of the documentation, as far as tests look at it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A page.
pub(super) struct Page {
    /// Where it is, from the root of the repository.
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) blocks: Vec<Block>,
    /// Where its links lead, as they are written.
    pub(super) links: Vec<String>,
    /// What links can lead to within it.
    pub(super) anchors: BTreeSet<String>,
}

/// A fenced block.
pub(super) struct Block {
    /// What is written behind the opening fence.
    pub(super) info: String,
    pub(super) text: String,
    /// Where `text` is in the page.
    pub(super) range: Range<usize>,
    /// The file that it shows: what the paragraph before it ends with, as code and with a colon.
    pub(super) file: Option<String>,
}

impl Page {
    pub(super) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(root().join(path)).expect("it is there, and is text");
        Self::parse(path, text)
    }

    fn parse(path: &Path, text: String) -> Self {
        let mut page = Self {
            path: path.to_owned(),
            text: String::new(),
            blocks: Vec::new(),
            links: Vec::new(),
            anchors: BTreeSet::new(),
        };
        let mut heading: Option<String> = None;
        let mut slugs = BTreeMap::<String, usize>::new();
        // The last code of a paragraph, and what follows it.
        let mut last_code: Option<(String, String)> = None;
        let mut file = None;
        for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let inner = within_fences(&text, range);
                    page.blocks.push(Block {
                        info: info.to_string(),
                        text: text[inner.clone()].to_owned(),
                        range: inner,
                        file: file.take().filter(|_| !info.starts_with("console")),
                    });
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.to_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let slug = slug(&heading.take().unwrap_or_default());
                    let seen = slugs.entry(slug.clone()).or_default();
                    let again = if *seen == 0 { String::new() } else { format!("-{seen}") };
                    *seen += 1;
                    page.anchors.insert(slug + &again);
                }
                Event::Start(Tag::Paragraph) => last_code = None,
                Event::End(TagEnd::Paragraph) => {
                    let named = last_code.take().filter(|(_, after)| after == ":");
                    file = named.map(|(code, _)| code);
                    continue;
                }
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    last_code = Some((code.to_string(), String::new()));
                }
                Event::Text(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                    if let Some((_, after)) = &mut last_code {
                        after.push_str(&text);
                    }
                }
                _ => {}
            }
            file = None;
        }
        page.text = text;
        page
    }
}

/// What is between the fences of a block.
fn within_fences(page: &str, block: Range<usize>) -> Range<usize> {
    let text = page[block.clone()].trim_end();
    let first = text.find('\n').map_or(text.len(), |end| end + 1);
    let last = text.rfind('\n').map_or(first, |end| end + 1);
    block.start + first..block.start + last.max(first)
}

/// What a heading is called in links, with mdBook as on the forge.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

/// All pages below `docs`, the list of them left out, in the order of their names.
pub(super) fn docs() -> Vec<Page> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("it is a folder") {
            let entry = entry.expect("it can be read");
            let path = folder.join(entry.file_name());
            if entry.file_type().expect("it has one").is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "md") && !path.ends_with("SUMMARY.md")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found.iter().map(|path| Page::read(path)).collect()
}

#[test]
fn a_page_is_read() {
    let text = "# A `b` c!\n\nSee [d](d.md#e).\n\n## A b c\n\nIn `x`, `y.yaml`:\n\n```yaml\nz: 1\n```\n\n```console,ignore\n$ no\n```\n";
    let page = Page::parse(Path::new("docs/a.md"), text.to_owned());
    assert_eq!(page.links, ["d.md#e"]);
    assert_eq!(page.anchors, ["a-b-c".to_owned(), "a-b-c-1".to_owned()].into());
    let blocks: Vec<_> =
        page.blocks.iter().map(|b| (&*b.info, &*b.text, b.file.as_deref())).collect();
    assert_eq!(
        blocks,
        [("yaml", "z: 1\n", Some("y.yaml")), ("console,ignore", "$ no\n", None)],
        "a file is named in the paragraph right before its block"
    );
    assert_eq!(&page.text[page.blocks[1].range.clone()], "$ no\n");
}
