//! The YAML text as a tree that remembers where everything stands, and keys that stand twice.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};

use super::{Place, Problem};

/// A value of the file, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub place: Place,
    pub content: Content,
}

/// What a value is before anyone says what it should be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// As it is spelled; `quoted` is always a text.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub place: Place,
    pub value: Node,
}

impl Node {
    /// Whether nothing is written: an empty value, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, quoted: false }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Where a key of this table stands.
    pub(super) fn key_place(&self, key: &str) -> Option<Place> {
        match &self.content {
            Content::Table(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| entry.place),
            _ => None,
        }
    }

    /// The place of what `path` names, or of as much of it as there is.
    pub(super) fn place_of(&self, path: &[String]) -> Place {
        let Some((first, rest)) = path.split_first() else { return self.place };
        let inner = match &self.content {
            Content::Table(entries) => entries.iter().find(|entry| entry.key == *first).map(|entry| &entry.value),
            Content::List(nodes) => index(first).and_then(|index| nodes.get(index)),
            Content::Scalar { .. } => None,
        };
        inner.map_or(self.place, |node| node.place_of(rest))
    }
}

/// The number in `[3]`.
fn index(piece: &str) -> Option<usize> {
    piece.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// More values than any config needs: what aliases of aliases can grow to is refused.
const MOST_NODES: usize = 100_000;

const DEEPEST: usize = 32;

/// Reads the file's only document.
pub(super) fn read(text: &str) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, depth: 0 };
    let empty = || Problem::new("", "the file is empty").hint("start from the config/vigie.yaml that comes with vigie");
    let mut root = None;
    while let Some((event, place)) = reader.next()? {
        match event {
            Event::DocumentStart(_) if root.is_some() => {
                return Err(Problem::new("", "a second document starts here").hint("remove the `---`").at(place));
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => root = Some(reader.node(event, place)?),
        }
    }
    match root {
        Some(node) if !node.is_null() => Ok(node),
        _ => Err(empty()),
    }
}

type Next<'text> = (Event<'text>, Place);

struct Reader<'text> {
    parser: Parser<'text, StrInput<'text>>,
    /// What each anchor names, and how many values that is.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    depth: usize,
}

impl<'text> Reader<'text> {
    fn next(&mut self) -> Result<Option<Next<'text>>, Problem> {
        match self.parser.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, place(&span.start)))),
            Some(Err(error)) => Err(broken(&error)),
        }
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Problem> {
        self.nodes += nodes;
        if self.nodes <= MOST_NODES {
            return Ok(());
        }
        Err(Problem::new("", "the file is too large for a config")
            .hint("write out what its aliases stand for")
            .at(place))
    }

    /// The value that begins with `event`.
    fn node(&mut self, event: Event<'text>, place: Place) -> Result<Node, Problem> {
        let before = self.nodes;
        self.count(1, place)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Problem::new("", "sections are nested too deeply").hint("no option is that deep").at(place));
        }
        let (anchor, content) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (anchor, Content::Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain })
            }
            Event::SequenceStart(anchor, _) => (anchor, Content::List(self.list()?)),
            Event::MappingStart(anchor, _) => (anchor, Content::Table(self.table()?)),
            Event::Alias(anchor) => {
                let (node, nodes) = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    Problem::new("", "this alias stands inside what it names").hint("write the value out").at(place)
                })?;
                self.count(nodes, place)?;
                (0, node.content)
            }
            _ => (0, Content::Scalar { text: String::new(), quoted: false }),
        };
        self.depth -= 1;
        let node = Node { place, content };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Vec<Node>, Problem> {
        let mut nodes = Vec::new();
        while let Some((event, place)) = self.next()? {
            match event {
                Event::SequenceEnd => break,
                event => nodes.push(self.node(event, place)?),
            }
        }
        Ok(nodes)
    }

    fn table(&mut self) -> Result<Vec<Entry>, Problem> {
        let mut entries = Vec::new();
        while let Some((event, place)) = self.next()? {
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ..) => text.into_owned(),
                _ => {
                    return Err(Problem::new("", "a key must be a single word")
                        .hint("put the key in quotes")
                        .at(place));
                }
            };
            let Some((event, start)) = self.next()? else { break };
            let value = self.node(event, start)?;
            entries.push(Entry { key, place, value });
        }
        Ok(entries)
    }
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

fn broken(error: &ScanError) -> Problem {
    let hint = if error.info().contains("tab") {
        "indent with spaces, not with tabs"
    } else {
        "look at the indentation, the colons and the quotes of this line and of the one above"
    };
    Problem::new("", format!("this is not YAML: {}", error.info())).hint(hint).at(place(error.marker()))
}
