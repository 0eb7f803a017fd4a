//! Memory for reading ONNX files: at most four times the size of the file plus 16 KiB, whatever it claims.

#![expect(
    unsafe_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing test may panic; a counting allocator requires unsafe code"
)]

#[path = "../../../tests/counting/mod.rs"]
mod counting;

use std::{fs, path::Path};

use vigie_models::Model;

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn message(number: u8, content: &[u8]) -> Vec<u8> {
    [vec![number << 3 | 2], varint(content.len()), content.to_vec()].concat()
}

fn integer(number: u8, value: usize) -> Vec<u8> {
    [vec![number << 3], varint(value)].concat()
}

/// An input or output with an element type and dimensions; `None` is open.
fn variable(number: u8, name: &str, element: usize, dims: &[Option<usize>]) -> Vec<u8> {
    let dims: Vec<u8> =
        dims.iter().flat_map(|dim| message(1, &dim.map_or(Vec::new(), |dim| integer(1, dim)))).collect();
    let tensor = [integer(1, element), message(2, &dims)].concat();
    message(number, &[message(1, name.as_bytes()), message(2, &message(1, &tensor))].concat())
}

fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut content: Vec<u8> = inputs.iter().flat_map(|input| message(1, input.as_bytes())).collect();
    content.extend(message(2, output.as_bytes()));
    content.extend(message(4, operator.as_bytes()));
    attributes.iter().for_each(|attribute| content.extend(message(5, attribute)));
    message(1, &content)
}

fn file(graph: &[Vec<u8>]) -> Vec<u8> {
    [integer(1, 8), message(2, b"by hand"), message(7, &graph.concat()), message(8, &integer(2, 21))].concat()
}

/// The content of a message that is a field.
fn unwrapped(field: &[u8]) -> Vec<u8> {
    let length = field[1..].iter().position(|byte| byte & 0x80 == 0).unwrap();
    field[length + 2..].to_vec()
}

/// The integer −1.
fn minus_one() -> Vec<u8> {
    [&[0xff; 9][..], &[1]].concat()
}

/// Nothing may take more than the limit. The tests are one because they share the counters.
#[test]
fn reading_takes_at_most_four_times_the_file() {
    let within = |name: &str, file: &[u8]| {
        let (cost, model) = counting::cost(|| Model::from_bytes("m", file).ok());
        let is_read = model.is_some();
        println!("{name}: {cost} bytes for a file of {}, {}", file.len(), if is_read { "read" } else { "refused" });
        assert!(cost <= counting::limit(file.len()), "{name}: {cost} bytes for a file of {}", file.len());
        is_read
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/onnx");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "onnx") {
            within(&path.file_name().unwrap().to_string_lossy(), &fs::read(&path).unwrap());
        }
    }
    if let Some(folder) = std::env::var_os("VIGIE_ONNX") {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "onnx") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let is_read = within(&name, &fs::read(&path).unwrap());
                assert!(is_read || name.contains("indicator") || name.contains("unknown"), "{name}");
            }
        }
    }

    let x = || variable(11, "X", 1, &[None, Some(5)]);
    let y = |name: &str| variable(12, name, 1, &[None, None]);
    let axis = [message(1, b"axis"), integer(3, 1)].concat();
    // Two hundred doublings of the width.
    let mut doubled = vec![x(), y("v200"), node("Concat", &["X", "X"], "v0", std::slice::from_ref(&axis))];
    for step in 0..200 {
        let (from, to) = (format!("v{step}"), format!("v{}", step + 1));
        doubled.push(node("Concat", &[&from, &from], &to, std::slice::from_ref(&axis)));
    }
    assert!(!within("doublings", &file(&doubled)));
    // A billion columns.
    assert!(!within(
        "columns",
        &file(&[variable(11, "X", 1, &[None, Some(1 << 30)]), y("v"), node("Relu", &["X"], "v", &[])])
    ));
    // Many nodes, names and steps.
    let mut chain = vec![x(), y("v3000"), node("Relu", &["X"], "v0", &[])];
    for step in 0..3000 {
        chain.push(node("Relu", &[&format!("v{step}")], &format!("v{}", step + 1), &[]));
    }
    within("chain", &file(&chain));
    // Packed integers, a byte each, and texts of one character.
    let levels = [message(1, b"cats_strings"), (0..50_000).flat_map(|_| message(9, b"a")).collect()].concat();
    let texts = [variable(11, "X", 8, &[None, Some(1)]), y("v"), node("OneHotEncoder", &["X"], "v", &[levels])];
    within("levels", &file(&texts));
    // Many levels and their coefficients, as for a column of codes: read.
    let names: Vec<u8> = (0..5000).flat_map(|level| message(9, format!("code{level:04}").as_bytes())).collect();
    let levels = [message(1, b"cats_strings"), names].concat();
    let floats = |name: &[u8], count: usize| [message(1, name), [0x3d, 0, 0, 0, 0x3f].repeat(count)].concat();
    let labels = [message(1, b"classlabels_ints"), integer(8, 0), integer(8, 1)].concat();
    let linear =
        node("LinearClassifier", &["e"], "label", &[floats(b"coefficients", 10_000), floats(b"intercepts", 2), labels]);
    // The second output and the domain of the classifier follow; protobuf joins the parts of a message.
    let linear = message(1, &[unwrapped(&linear), message(2, b"p"), message(7, b"ai.onnx.ml")].concat());
    let encoder =
        message(1, &[unwrapped(&node("OneHotEncoder", &["X"], "o", &[levels])), message(7, b"ai.onnx.ml")].concat());
    let shape = message(
        5,
        &[message(8, b"s"), integer(1, 2), integer(2, 7), message(7, &[minus_one(), varint(5000)].concat())].concat(),
    );
    let shape = [shape, node("Reshape", &["o", "s"], "e", &[])].concat();
    assert!(within("codes", &file(&[variable(11, "X", 8, &[None, Some(1)]), y("p"), encoder, shape, linear])));
    let shape =
        message(5, &[message(8, b"s"), integer(1, 50_000), integer(2, 7), message(7, &vec![1; 50_000])].concat());
    within("packed", &file(&[x(), y("v"), shape, node("Reshape", &["X", "s"], "v", &[])]));
    // Many inputs and outputs.
    let inputs: Vec<Vec<u8>> = (0..2000).map(|at| variable(11, &format!("x{at}"), 1, &[None, Some(1)])).collect();
    within("inputs", &file(&[inputs.concat(), y("v"), node("Relu", &["x0"], "v", &[])]));
    within("outputs", &file(&[x(), (0..5000).flat_map(|_| y("v")).collect(), node("Relu", &["X"], "v", &[])]));
}
