//! The structure that no compiler checks: no cycle of imports between files, and one owner for each type name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, Item, ItemMod, ItemUse, UseTree, Visibility,
    visit::{Visit, visit_block, visit_item, visit_item_mod, visit_path},
};

use super::layering::{files, source_folders};

/// A path of module names, the crate's name first.
type Module = Vec<String>;

/// A source file: what it imports, re-exports and defines outside its unit tests.
#[derive(Default)]
struct Source {
    imports: Vec<Module>,
    reexports: BTreeMap<String, Module>,
    types: BTreeSet<String>,
}

struct Reader<'m> {
    module: &'m Module,
    source: Source,
    is_in_body: bool,
}

impl Reader<'_> {
    /// An absolute module path; `None` for a path into another crate or to a local item.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let mut rest = path;
        let mut base = match rest.first()?.as_str() {
            "crate" => self.module[..1].to_vec(),
            "self" => self.module.clone(),
            "super" => {
                let mut base = self.module.clone();
                while rest.first().is_some_and(|name| name == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
                base.extend_from_slice(rest);
                return Some(base);
            }
            _ => return None,
        };
        base.extend_from_slice(&rest[1..]);
        Some(base)
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|name| name == "test")
    })
}

/// Each path of a use tree with the name that it gets.
fn leaves(tree: &UseTree, prefix: &[String], into: &mut Vec<(Module, String)>) {
    let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident), into),
        UseTree::Name(name) => into.push((with(&name.ident), name.ident.to_string())),
        UseTree::Rename(rename) => into.push((with(&rename.ident), rename.rename.to_string())),
        UseTree::Glob(_) => into.push((prefix.to_vec(), "*".to_owned())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, prefix, into)),
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut found = Vec::new();
        leaves(&item.tree, &[], &mut found);
        for (path, name) in found {
            if !matches!(item.vis, Visibility::Inherited) {
                // `pub use child::Name` in a contents page.
                let target = self.absolute(&path).unwrap_or_else(|| [self.module.as_slice(), &path].concat());
                self.source.reexports.insert(name, target.clone());
            }
            self.source.imports.extend(self.absolute(&path));
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        let name = match item {
            Item::Struct(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Type(item) => Some(&item.ident),
            Item::Union(item) => Some(&item.ident),
            _ => None,
        };
        if !self.is_in_body {
            self.source.types.extend(name.map(ToString::to_string));
        }
        visit_item(self, item);
    }

    /// A type inside a function is that function's own.
    fn visit_block(&mut self, block: &'ast syn::Block) {
        let outer = std::mem::replace(&mut self.is_in_body, true);
        visit_block(self, block);
        self.is_in_body = outer;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Module = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.source.imports.extend(self.absolute(&names));
        visit_path(self, path);
    }
}

fn source(module: &Module, text: &str) -> Source {
    let mut reader = Reader { module, source: Source::default(), is_in_body: false };
    reader.visit_file(&syn::parse_file(text).unwrap());
    reader.source
}

/// Every file of the workspace's crates outside tests, by module path; contents pages (`mod.rs`, `lib.rs`) apart.
fn sources() -> (BTreeMap<Module, Source>, BTreeMap<Module, Source>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut code, mut contents) = (BTreeMap::new(), BTreeMap::new());
    for (name, folder) in source_folders() {
        let folder = root.join(folder);
        let mut all = Vec::new();
        files(&folder, &mut all);
        for path in all {
            let relative = path.strip_prefix(&folder).unwrap().with_extension("");
            let mut module: Module = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            let is_contents = module.last().is_some_and(|last| last == "mod" || last == "lib");
            if is_contents {
                module.pop();
            }
            module.insert(0, name.to_owned());
            let read = source(&module, &fs::read_to_string(&path).unwrap());
            if is_contents {
                contents.insert(module, read)
            } else {
                code.insert(module, read)
            };
        }
    }
    (code, contents)
}

/// The file that a path leads to, through the re-exports of contents pages.
fn resolve(path: &Module, code: &BTreeMap<Module, Source>, contents: &BTreeMap<Module, Source>) -> Option<Module> {
    let mut path = path.clone();
    for _ in 0..8 {
        let known = (1..=path.len())
            .rev()
            .find(|length| code.contains_key(&path[..*length]) || contents.contains_key(&path[..*length]))?;
        if code.contains_key(&path[..known]) {
            return Some(path[..known].to_vec());
        }
        let target = contents.get(&path[..known])?.reexports.get(path.get(known)?)?;
        path = [target.as_slice(), &path[known + 1..]].concat();
    }
    None
}

/// The shortest cycle found, as its files in order; `None` if there is none.
pub(super) fn cycle(edges: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<String>> {
    edges
        .keys()
        .filter_map(|start| {
            let mut came_from: BTreeMap<&Module, &Module> = BTreeMap::new();
            let mut queue = std::collections::VecDeque::from([start]);
            while let Some(at) = queue.pop_front() {
                for next in edges.get(at).into_iter().flatten() {
                    if next == start {
                        let mut path = vec![start, at];
                        while let Some(before) = came_from.get(path[path.len() - 1]) {
                            path.push(before);
                        }
                        path.reverse();
                        return Some(path.iter().map(|module| module.join("::")).collect::<Vec<_>>());
                    }
                    if !came_from.contains_key(next) {
                        came_from.insert(next, at);
                        queue.push_back(next);
                    }
                }
            }
            None
        })
        .min_by_key(Vec::len)
}

fn edges(code: &BTreeMap<Module, Source>, contents: &BTreeMap<Module, Source>) -> BTreeMap<Module, BTreeSet<Module>> {
    code.iter()
        .map(|(module, source)| {
            let targets = source.imports.iter().filter_map(|path| resolve(path, code, contents));
            (module.clone(), targets.filter(|target| target != module).collect())
        })
        .collect()
}

#[test]
fn files_import_each_other_without_cycles() {
    let (code, contents) = sources();
    let edges = edges(&code, &contents);
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 1_000, "too few imports were found");
    let found = cycle(&edges);
    assert!(found.is_none(), "these files import each other: {}", found.unwrap_or_default().join(" → "));
}

/// Names that are defined in two places on purpose.
const TWO_OWNERS: &[&str] = &[
    "Avx2", // the kernels, and their stand-ins on a processor of another kind
    "Avx512", "Result", // each crate's own, with its own error
];

#[test]
fn a_type_name_has_one_owner() {
    let (code, contents) = sources();
    let mut owners: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (module, source) in code.iter().chain(&contents) {
        for name in &source.types {
            owners.entry(name).or_default().push(module.join("::"));
        }
    }
    let shared: Vec<String> = owners
        .iter()
        .filter(|(name, modules)| modules.len() > 1 && !TWO_OWNERS.contains(name))
        .map(|(name, modules)| format!("{name}: {}", modules.join(", ")))
        .collect();
    assert!(owners.len() > 400, "only {} types were found", owners.len());
    assert!(shared.is_empty(), "types with several owners:\n{}", shared.join("\n"));
}

#[test]
fn a_cycle_is_found() {
    let module = |name: &str| vec!["x".to_owned(), name.to_owned()];
    let code = BTreeMap::from([
        (module("a"), source(&module("a"), "use crate::b::B; #[cfg(test)] mod tests { use crate::d::D; }")),
        (module("b"), source(&module("b"), "fn b() { super::c::f() }")),
        (module("c"), source(&module("c"), "use super::{a::A, d};")),
        (module("d"), source(&module("d"), "struct D;")),
    ]);
    let found = cycle(&edges(&code, &BTreeMap::new())).unwrap();
    assert_eq!(found, ["x::a", "x::b", "x::c", "x::a"]);
}
