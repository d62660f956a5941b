//! Enough of a reader of HTML to see whether a page is well-formed and what stands in it.

/// Elements without an end tag.
const VOID: [&str; 4] = ["meta", "input", "br", "link"];
/// Elements whose content is no markup.
const RAW: [&str; 2] = ["script", "style"];

/// An element's start tag.
#[derive(Clone, Debug)]
pub struct Tag {
    pub name: String,
    /// All between the name and `>`.
    pub attributes: String,
    /// Text up to the next tag.
    pub text: String,
}

/// All start tags in order; panics where elements are not nested as they should be.
pub fn tags(page: &str) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a page says that it is HTML");
    while let Some(start) = rest.find('<') {
        if let Some(tag) = tags.last_mut() {
            tag.text.push_str(&rest[..start]);
        }
        let end = end_of_tag(&rest[start..]) + start;
        let inside = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "an end tag without its start");
            continue;
        }
        let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        let closed = attributes.ends_with('/') || name.ends_with('/');
        let name = name.trim_end_matches('/').to_owned();
        if RAW.contains(&name.as_str()) {
            let end = rest.find(&format!("</{name}>")).expect("a script ends");
            tags.push(Tag { name: name.clone(), attributes: attributes.to_owned(), text: rest[..end].to_owned() });
            rest = &rest[end + name.len() + 3..];
            continue;
        }
        if !closed && !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        tags.push(Tag { name, attributes: attributes.to_owned(), text: String::new() });
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    tags
}

/// Position of the `>` that ends a tag: one within quotes does not.
fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    text.char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '"';
            *c == '>' && !quoted
        })
        .expect("a tag ends")
        .0
}

/// The value of an attribute.
pub fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let start = tag.attributes.find(&format!("{name}=\""))? + name.len() + 2;
    tag.attributes[start..].split('"').next()
}
