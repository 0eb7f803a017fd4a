//! Lays the file's tree on the known shape: values of the right type, and a problem for everything else.

use serde_json::{Map, Value};
use vigie_profile::near::nearest;

use super::{
    Place, Problem,
    key::Key,
    place, scalar,
    shape::{Member, Shape},
    tree::{Content, Entry, Node},
};

/// What fits, and what does not.
pub(super) struct Fit<'a> {
    /// The shape of the whole file, to say where a misplaced key belongs.
    pub file: &'a Shape,
    pub problems: Vec<Problem>,
}

impl Fit<'_> {
    /// The value of `node`, without the parts that do not fit. `named` is where its key stands.
    pub(super) fn value(&mut self, node: &Node, shape: &Shape, key: &Key, named: Option<Place>) -> Option<Value> {
        let shapes = shape.alternatives();
        if node.is_null() {
            return self.nothing(node, &shapes, key, named);
        }
        let fitted = match &node.content {
            Content::Scalar { text, quoted } => shapes.iter().find_map(|shape| scalar::value(text, *quoted, shape)),
            Content::List(nodes) => shapes.iter().find_map(|shape| match shape {
                Shape::List(inner) => Some(self.list(nodes, inner, key)),
                _ => None,
            }),
            Content::Table(entries) => shapes.iter().find_map(|shape| match shape {
                Shape::Map(inner) => Some(self.map(entries, inner, key)),
                Shape::Table(keys) => Some(self.table(entries, keys, key, named)),
                _ => None,
            }),
        };
        if fitted.is_none() {
            self.problems.push(scalar::misfit(node, shape, key).at(node.place));
        }
        fitted
    }

    /// A key without a value: nothing, or a section whose keys are all commented out.
    fn nothing(&mut self, node: &Node, shapes: &[&Shape], key: &Key, named: Option<Place>) -> Option<Value> {
        if shapes.contains(&&Shape::Null) {
            return Some(Value::Null);
        }
        for shape in shapes {
            match shape {
                Shape::Map(_) => return Some(Value::Object(Map::new())),
                Shape::Table(keys) => return Some(self.table(&[], keys, key, named)),
                _ => {}
            }
        }
        let problem = Problem::new(key.to_string(), format!("`{key}` has no value"));
        self.problems.push(problem.hint("give it one, or remove the line").at(named.or(Some(node.place))));
        None
    }

    fn list(&mut self, nodes: &[Node], inner: &Shape, key: &Key) -> Value {
        let values = nodes.iter().enumerate();
        Value::Array(
            values.filter_map(|(index, node)| self.value(node, inner, &key.item(index), Some(node.place))).collect(),
        )
    }

    fn map(&mut self, entries: &[Entry], inner: &Shape, key: &Key) -> Value {
        let mut values = Map::new();
        for entry in self.once(entries, key) {
            let key = key.join(&entry.key);
            if let Some(value) = self.value(&entry.value, inner, &key, Some(entry.place)) {
                values.insert(entry.key.clone(), value);
            }
        }
        Value::Object(values)
    }

    fn table(&mut self, entries: &[Entry], keys: &Members, key: &Key, named: Option<Place>) -> Value {
        let mut values = Map::new();
        for entry in self.once(entries, key) {
            let Some(member) = keys.get(&entry.key) else {
                self.problems.push(unknown(&entry.key, keys, key, self.file).at(entry.place));
                continue;
            };
            let value = self.value(&entry.value, &member.shape, &key.join(&entry.key), Some(entry.place));
            if let Some(value) = value {
                values.insert(entry.key.clone(), value);
            }
        }
        for (name, member) in keys {
            let there = entries.iter().any(|entry| entry.key == *name);
            if (member.required || place::needs(key, name, &values)) && !there {
                self.missing(&key.join(name), &member.shape, named);
            }
        }
        Value::Object(values)
    }

    /// The entries without those whose key has stood before.
    fn once<'e>(&mut self, entries: &'e [Entry], key: &Key) -> Vec<&'e Entry> {
        let mut first: Vec<&Entry> = Vec::new();
        for entry in entries {
            let Some(other) = first.iter().find(|other| other.key == entry.key) else {
                first.push(entry);
                continue;
            };
            let key = key.join(&entry.key);
            let sentence = format!("`{key}` stands here again, after line {}", other.place.line);
            self.problems.push(Problem::new(key.to_string(), sentence).hint("keep one of the two").at(entry.place));
        }
        first
    }

    /// A required key that is not there; of a section, the required keys in it.
    pub(super) fn missing(&mut self, key: &Key, shape: &Shape, named: Option<Place>) {
        let is_required = |(name, member): &(&String, &Member)| member.required || place::needs(key, name, &Map::new());
        let required: Vec<_> = shape.keys().into_iter().flatten().filter(is_required).collect();
        if required.is_empty() {
            let problem = Problem::new(key.to_string(), format!("`{key}` is missing"));
            self.problems.push(problem.hint(key.advice()).at(named));
        }
        for (name, member) in required {
            self.missing(&key.join(name), &member.shape, named);
        }
    }
}

type Members = std::collections::BTreeMap<String, Member>;

fn unknown(typed: &str, keys: &Members, key: &Key, file: &Shape) -> Problem {
    let sentence = match key.to_string() {
        top if top.is_empty() => format!("unknown key `{typed}`"),
        section => format!("unknown key `{typed}` under `{section}`"),
    };
    let mut homes = Vec::new();
    sections_with(typed, file, &Key::top(), &mut homes);
    let hint = match (nearest(typed, keys.keys().map(String::as_str)), homes.as_slice()) {
        (_, [home]) if home.is_top() => "it belongs to no section: move it to the left margin".to_owned(),
        (_, [home]) => format!("it belongs under `{home}`"),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, _) => format!("known here: {}", keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    Problem::new(key.join(typed).to_string(), sentence).hint(hint)
}

/// The sections that know a key of this name; lists and the user's own keys apart.
fn sections_with(name: &str, shape: &Shape, at: &Key, found: &mut Vec<Key>) {
    let Some(keys) = shape.keys() else { return };
    if keys.contains_key(name) {
        found.push(at.clone());
    }
    for (key, member) in keys {
        sections_with(name, &member.shape, &at.join(key), found);
    }
}
