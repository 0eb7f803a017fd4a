//! The text of a filter → its tree, or what is wrong with it in one sentence.

use super::{Comparison, Expression, Literal};

/// Deeper nesting is nobody's segment.
const DEEPEST: usize = 32;

const WORDS: [&str; 6] = ["and", "or", "not", "in", "is", "missing"];

/// Whether a column of that name has to be quoted.
pub(super) fn is_word(name: &str) -> bool {
    WORDS.contains(&name)
}

/// Reads a filter.
///
/// ```
/// # use vigie_profile::segment::parse;
/// assert_eq!(parse("A==1 and (B in ['x',\"y\"] or C missing)").unwrap().to_string(),
///     r#"A == 1 and (B in ["x", "y"] or C is missing)"#);
/// assert!(parse("A = 1").unwrap_err().contains("`==`"));
/// ```
pub fn parse(text: &str) -> Result<Expression, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let expression = reader.any(0)?;
    match reader.next() {
        None => Ok(expression),
        Some(token) => Err(format!("{} comes where the end, `and` or `or` should", token.shown())),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A column, or one of the words.
    Name(String),
    /// A column in backquotes: never one of the words.
    Quoted(String),
    Number(f64),
    Text(String),
    Sign(&'static str),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Name(name) | Self::Quoted(name) => format!("`{name}`"),
            Self::Number(number) => format!("`{number}`"),
            Self::Text(text) => format!("\"{text}\""),
            Self::Sign(sign) => format!("`{sign}`"),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after;
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            after = rest.get(sign.len()..);
        } else if matches!(first, '"' | '\'' | '`') {
            let (quoted, left) = quoted(rest, first)?;
            tokens.push(if first == '`' { Token::Quoted(quoted) } else { Token::Text(quoted) });
            after = Some(left);
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            tokens.push(Token::Name(rest.get(..end).unwrap_or_default().to_owned()));
            after = rest.get(end..);
        } else if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
            let end = rest
                .char_indices()
                .find(|(at, c)| {
                    let before = at.checked_sub(1).and_then(|at| rest.as_bytes().get(at));
                    let is_exponent = matches!(before, Some(b'e' | b'E')) && matches!(c, '-' | '+');
                    !(c.is_ascii_alphanumeric() || *c == '.' || *c == '_' || *at == 0 || is_exponent)
                })
                .map_or(rest.len(), |(at, _)| at);
            let number = rest.get(..end).unwrap_or_default();
            let value = number.replace('_', "").parse::<f64>().ok().filter(|value| value.is_finite());
            tokens.push(Token::Number(value.ok_or_else(|| format!("`{number}` is no number"))?));
            after = rest.get(end..);
        } else if first == '=' {
            return Err("`=` is no comparison; write `==`".to_owned());
        } else {
            return Err(format!(
                "`{first}` has no meaning here; texts stand in quotes, columns with other signs in backquotes"
            ));
        }
        rest = after.unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// What stands between two quotes, and what comes after; a backslash keeps what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut inside = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => inside.extend(chars.next().map(|(_, c)| c)),
            c if c == quote => return Ok((inside, text.get(at + c.len_utf8()..).unwrap_or_default())),
            c => inside.push(c),
        }
    }
    Err(format!("a {quote} is opened and never closed"))
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let is = self.tokens.get(self.at) == Some(wanted);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self, word: &str) -> bool {
        self.takes(&Token::Name(word.to_owned()))
    }

    fn any(&mut self, depth: usize) -> Result<Expression, String> {
        let mut parts = vec![self.all(depth)?];
        while self.word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Expression, String> {
        let mut parts = vec![self.one(depth)?];
        while self.word("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        if self.word("not") {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes(&Token::Sign("(")) {
            let inside = self.any(depth + 1)?;
            return if self.takes(&Token::Sign(")")) { Ok(inside) } else { Err("a `(` is never closed".to_owned()) };
        }
        let column = match self.next() {
            Some(Token::Name(name)) if !is_word(&name) => name,
            Some(Token::Quoted(name)) => name,
            Some(token) => return Err(format!("{} comes where a column should", token.shown())),
            None => return Err("it ends where a column should come".to_owned()),
        };
        Ok(Expression::Test(column.clone(), self.comparison(&column)?))
    }

    fn comparison(&mut self, column: &str) -> Result<Comparison, String> {
        if self.word("is") {
            let is_not = self.word("not");
            if self.word("missing") {
                return Ok(if is_not { Comparison::NotMissing } else { Comparison::Missing });
            }
            return Err(format!("after `{column} is` comes `missing` or `not missing`"));
        }
        if self.word("missing") {
            return Ok(Comparison::Missing);
        }
        if self.word("in") {
            return self.list().map(Comparison::In);
        }
        if self.word("not") {
            return if self.word("in") {
                self.list().map(Comparison::NotIn)
            } else {
                Err(format!("after `{column} not` comes `in [...]`"))
            };
        }
        let sign = match self.next() {
            Some(Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="))) => sign,
            Some(token) => return Err(format!("{} comes where a comparison of `{column}` should", token.shown())),
            None => return Err(format!("it ends where a comparison of `{column}` should come, such as `== \"F\"`")),
        };
        let literal = self.literal()?;
        let number = |literal: Literal| match literal {
            Literal::Number(number) => Ok(number),
            Literal::Text(text) => Err(format!("`{column} {sign}` wants a number, not \"{text}\"")),
        };
        Ok(match sign {
            "==" => Comparison::In(vec![literal]),
            "!=" => Comparison::NotIn(vec![literal]),
            "<" => Comparison::Less(number(literal)?),
            "<=" => Comparison::AtMost(number(literal)?),
            ">" => Comparison::Greater(number(literal)?),
            _ => Comparison::AtLeast(number(literal)?),
        })
    }

    fn list(&mut self) -> Result<Vec<Literal>, String> {
        if !self.takes(&Token::Sign("[")) {
            return Err("after `in` comes a list such as [\"a\", \"b\"]".to_owned());
        }
        let mut literals = vec![self.literal()?];
        while self.takes(&Token::Sign(",")) {
            literals.push(self.literal()?);
        }
        if self.takes(&Token::Sign("]")) { Ok(literals) } else { Err("a `[` is never closed".to_owned()) }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next() {
            Some(Token::Number(number)) => Ok(Literal::Number(number)),
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Name(name)) => {
                Err(format!("`{name}` comes where a value should; texts stand in quotes: \"{name}\""))
            }
            Some(token) => Err(format!("{} comes where a value should", token.shown())),
            None => Err("it ends where a value should come".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("", "it ends where a column"),
            ("A =", "write `==`"),
            ("A == F", "texts stand in quotes"),
            ("A > \"x\"", "wants a number"),
            ("A == 1 B", "where the end"),
            ("(A == 1", "never closed"),
            ("A in [1, 2", "never closed"),
            ("A in 1", "comes a list"),
            ("A is", "missing"),
            ("and == 1", "where a column should"),
            ("A == \"x", "never closed"),
            ("A == 1e999", "no number"),
            ("A # 1", "no meaning"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
        assert!(parse(&"(".repeat(1_000)).unwrap_err().contains("deep"));
    }

    fn expression() -> impl Strategy<Value = Expression> {
        let literal =
            prop_oneof![(-1e9..1e9f64).prop_map(Literal::Number), "[a-zé\"\\\\ ]{0,6}".prop_map(Literal::Text)];
        let literals = prop::collection::vec(literal, 1..4);
        let comparison = prop_oneof![
            literals.clone().prop_map(Comparison::In),
            literals.prop_map(Comparison::NotIn),
            (-1e9..1e9f64).prop_map(Comparison::Less),
            (-1e9..1e9f64).prop_map(Comparison::AtLeast),
            Just(Comparison::Missing),
            Just(Comparison::NotMissing),
        ];
        let column = prop_oneof!["[a-zA-Z_][a-zA-Z0-9_.]{0,6}", "[ a-z%]{1,6}", Just("not".to_owned())];
        let leaf = (column, comparison).prop_map(|(column, comparison)| Expression::Test(column, comparison));
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Any),
                inner.prop_map(|part| Expression::Not(Box::new(part))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(expression in expression()) {
            let text = expression.to_string();
            prop_assert_eq!(parse(&text).unwrap(), expression, "{}", text);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }
    }
}
