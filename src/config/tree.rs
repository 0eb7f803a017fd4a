//! Parses YAML into a tree that keeps the location of every value, and duplicate keys.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};

use super::{Location, Problem};

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct YamlNode {
    pub location: Location,
    pub content: Content,
}

/// An untyped value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// As written; quoted scalars are always strings.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<YamlNode>),
    Section(Vec<YamlEntry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct YamlEntry {
    pub key: String,
    pub location: Location,
    pub value: YamlNode,
}

impl YamlNode {
    /// Returns whether the value is empty, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, quoted: false }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Location of a key of this section.
    pub(super) fn key_location(&self, key: &str) -> Option<Location> {
        match &self.content {
            Content::Section(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| entry.location),
            _ => None,
        }
    }

    /// The value at `path`, as written.
    pub(super) fn text_at(&self, path: &[String]) -> Option<&str> {
        let Some((first, rest)) = path.split_first() else {
            return match &self.content {
                Content::Scalar { text, .. } => Some(text),
                _ => None,
            };
        };
        let inner = match &self.content {
            Content::Section(entries) => entries.iter().find(|entry| entry.key == *first).map(|entry| &entry.value),
            Content::List(nodes) => index(first).and_then(|index| nodes.get(index)),
            Content::Scalar { .. } => None,
        };
        inner?.text_at(rest)
    }

    /// Location of the value at `path`, or of the longest prefix of it that exists. A value that is missing after its key has
    /// the location of the key.
    pub(super) fn location_of(&self, path: &[String]) -> Location {
        let Some((first, rest)) = path.split_first() else { return self.location };
        let inner = match &self.content {
            Content::Section(entries) => match entries.iter().find(|entry| entry.key == *first) {
                Some(entry) if entry.value.is_null() => return entry.location,
                entry => entry.map(|entry| &entry.value),
            },
            Content::List(nodes) => index(first).and_then(|index| nodes.get(index)),
            Content::Scalar { .. } => None,
        };
        inner.map_or(self.location, |node| node.location_of(rest))
    }
}

/// The index in `[3]`.
fn index(key: &str) -> Option<usize> {
    key.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Far more values than any config needs; nested aliases that expand beyond it are rejected.
const MAX_NODES: usize = 100_000;

const MAX_DEPTH: usize = 32;

/// Parses the file, which must contain a single document.
pub(super) fn parse(text: &str) -> Result<YamlNode, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = YamlReader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, depth: 0 };
    let empty = || {
        let hint = "start from the config/vigie.yaml that ships with vigie; `vigie config schema` describes every key";
        Problem::new("", "the file is empty").hint(hint)
    };
    let mut root = None;
    while let Some((event, location)) = reader.next()? {
        match event {
            Event::DocumentStart(_) if root.is_some() => {
                return Err(Problem::new("", "a second YAML document starts here")
                    .hint("remove the `---`")
                    .at(location));
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => root = Some(reader.node(event, location)?),
        }
    }
    match root {
        Some(node) if !node.is_null() => Ok(node),
        _ => Err(empty()),
    }
}

type Next<'text> = (Event<'text>, Location);

struct YamlReader<'text> {
    parser: Parser<'text, StrInput<'text>>,
    /// Value of each anchor and the number of nodes in it.
    anchors: HashMap<usize, (YamlNode, usize)>,
    nodes: usize,
    depth: usize,
}

impl<'text> YamlReader<'text> {
    fn next(&mut self) -> Result<Option<Next<'text>>, Problem> {
        match self.parser.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, location(&span.start)))),
            Some(Err(error)) => Err(syntax_error(&error)),
        }
    }

    fn count(&mut self, nodes: usize, location: Location) -> Result<(), Problem> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        Err(Problem::new("", "the config has too many values")
            .hint("replace its aliases with plain values")
            .at(location))
    }

    /// Parses the value that begins with `event`.
    fn node(&mut self, event: Event<'text>, location: Location) -> Result<YamlNode, Problem> {
        let before = self.nodes;
        self.count(1, location)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::new("", "the config is nested too deeply")
                .hint("no option needs this depth")
                .at(location));
        }
        let (anchor, content) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (anchor, Content::Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain })
            }
            Event::SequenceStart(anchor, _) => (anchor, Content::List(self.list()?)),
            Event::MappingStart(anchor, _) => (anchor, Content::Section(self.section()?)),
            Event::Alias(anchor) => {
                let (node, nodes) = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    Problem::new("", "this alias refers to a value that contains it")
                        .hint("write the value out")
                        .at(location)
                })?;
                self.count(nodes, location)?;
                (0, node.content)
            }
            _ => (0, Content::Scalar { text: String::new(), quoted: false }),
        };
        self.depth -= 1;
        let node = YamlNode { location, content };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Vec<YamlNode>, Problem> {
        let mut nodes = Vec::new();
        while let Some((event, location)) = self.next()? {
            match event {
                Event::SequenceEnd => break,
                event => nodes.push(self.node(event, location)?),
            }
        }
        Ok(nodes)
    }

    fn section(&mut self) -> Result<Vec<YamlEntry>, Problem> {
        let mut entries = Vec::new();
        while let Some((event, location)) = self.next()? {
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ..) => text.into_owned(),
                _ => {
                    return Err(Problem::new("", "a key must be a plain string").hint("put it in quotes").at(location));
                }
            };
            let Some((event, start)) = self.next()? else { break };
            let value = self.node(event, start)?;
            entries.push(YamlEntry { key, location, value });
        }
        Ok(entries)
    }
}

fn location(marker: &Marker) -> Location {
    Location { line: marker.line(), column: marker.col() + 1 }
}

fn syntax_error(error: &ScanError) -> Problem {
    let hint = if error.info().contains("tab") {
        "indent with spaces, not tabs"
    } else {
        "check indentation, colons and quotes on this line and the one above"
    };
    Problem::new("", format!("invalid YAML: {}", error.info())).hint(hint).at(location(error.marker()))
}
