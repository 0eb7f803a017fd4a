//! Parser of filters.

use super::{Comparison, Expression, Literal, keyword::is_keyword};

/// Maximum nesting depth.
const MAX_DEPTH: usize = 32;

/// Parses a filter; the error states in one sentence what is wrong.
///
/// ```
/// # use vigie_profile::segment::parse;
/// assert_eq!(parse("A==1 and (B in ['x',\"y\"] or C missing)").unwrap().to_string(),
///     r#"A == 1 and (B in ["x", "y"] or C is missing)"#);
/// assert!(parse("A = 1").unwrap_err().contains("`==`"));
/// ```
pub fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = FilterParser { tokens: tokens(text)?, at: 0 };
    let expression = parser.any(0)?;
    match parser.next() {
        None => Ok(expression),
        Some(token) => Err(format!("expected `and`, `or` or the end of the filter, found {}", token.quoted())),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A column or a keyword.
    Name(String),
    /// A column in backquotes, never a keyword.
    Quoted(String),
    Number(f64),
    Text(String),
    Sign(&'static str),
}

impl Token {
    /// The token in quotes, for messages.
    fn quoted(&self) -> String {
        match self {
            Self::Name(name) | Self::Quoted(name) => format!("`{name}`"),
            Self::Number(number) => format!("`{number}`"),
            Self::Text(text) => format!("\"{text}\""),
            Self::Sign(sign) => format!("`{sign}`"),
        }
    }
}

/// Operators and punctuation, longer ones first.
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
            let value = value.ok_or_else(|| format!("`{number}` is not a number"))?;
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            let is_rounded = number.replace('_', "").parse::<i128>().is_ok_and(|integer| integer != value as i128);
            if is_rounded {
                return Err(format!("`{number}` has too many digits for a number; put it in quotes: \"{number}\""));
            }
            tokens.push(Token::Number(value));
            after = rest.get(end..);
        } else if first == '=' {
            return Err("`=` is not an operator; write `==`".to_owned());
        } else {
            return Err(format!(
                "unexpected `{first}`; put text in quotes, and column names with special characters in backquotes"
            ));
        }
        rest = after.unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// Splits off a quoted string and returns its content and the rest; a backslash escapes the next character.
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
    Err(format!("{quote} is never closed"))
}

struct FilterParser {
    tokens: Vec<Token>,
    at: usize,
}

impl FilterParser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn accept(&mut self, expected: &Token) -> bool {
        let matches = self.tokens.get(self.at) == Some(expected);
        self.at += usize::from(matches);
        matches
    }

    fn word(&mut self, word: &str) -> bool {
        self.accept(&Token::Name(word.to_owned()))
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
        if depth > MAX_DEPTH {
            return Err("the filter is nested too deeply".to_owned());
        }
        if self.word("not") {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.accept(&Token::Sign("(")) {
            let inside = self.any(depth + 1)?;
            return if self.accept(&Token::Sign(")")) { Ok(inside) } else { Err("`(` is never closed".to_owned()) };
        }
        let column = match self.next() {
            Some(Token::Name(name)) if !is_keyword(&name) => name,
            Some(Token::Quoted(name)) => name,
            Some(token) => return Err(format!("expected a column, found {}", token.quoted())),
            None => return Err("expected a column, found the end of the filter".to_owned()),
        };
        Ok(Expression::Test(column.clone(), self.comparison(&column)?))
    }

    fn comparison(&mut self, column: &str) -> Result<Comparison, String> {
        if self.word("is") {
            let is_not = self.word("not");
            if self.word("missing") {
                return Ok(if is_not { Comparison::NotMissing } else { Comparison::Missing });
            }
            return Err(format!("expected `missing` or `not missing` after `{column} is`"));
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
                Err(format!("expected `in [...]` after `{column} not`"))
            };
        }
        let sign = match self.next() {
            Some(Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="))) => sign,
            Some(token) => {
                return Err(format!("expected a comparison after `{column}`, found {}", token.quoted()));
            }
            None => return Err(format!("expected a comparison after `{column}`, such as `== \"F\"`")),
        };
        let literal = self.literal()?;
        let number = |literal: Literal| match literal {
            Literal::Number(number) => Ok(number),
            Literal::Text(text) => Err(format!("`{column} {sign}` needs a number, not \"{text}\"")),
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
        if !self.accept(&Token::Sign("[")) {
            return Err("expected a list after `in`, such as [\"a\", \"b\"]".to_owned());
        }
        let mut literals = vec![self.literal()?];
        while self.accept(&Token::Sign(",")) {
            literals.push(self.literal()?);
        }
        if self.accept(&Token::Sign("]")) { Ok(literals) } else { Err("`[` is never closed".to_owned()) }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next() {
            Some(Token::Number(number)) => Ok(Literal::Number(number)),
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Name(name)) => Err(format!("expected a value, found `{name}`; put text in quotes: \"{name}\"")),
            Some(token) => Err(format!("expected a value, found {}", token.quoted())),
            None => Err("expected a value, found the end of the filter".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn errors_state_what_is_wrong() {
        for (text, why) in [
            ("", "expected a column"),
            ("A =", "write `==`"),
            ("A == F", "put text in quotes"),
            ("A > \"x\"", "needs a number"),
            ("A == 1 B", "end of the filter"),
            ("(A == 1", "never closed"),
            ("A in [1, 2", "never closed"),
            ("A in 1", "expected a list"),
            ("A is", "missing"),
            ("and == 1", "expected a column"),
            ("A == \"x", "never closed"),
            ("A == 1e999", "not a number"),
            ("A == 9007199254740993", "put it in quotes: \"9007199254740993\""),
            ("A # 1", "unexpected"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
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
        fn formatted_expressions_parse_to_the_same(expression in expression()) {
            let text = expression.to_string();
            prop_assert_eq!(parse(&text).unwrap(), expression, "{}", text);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }
    }
}
