//! Text into tokens, by R's rules for numbers, strings, names, operators and comments.

use super::tree::Operator;
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::Span;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    Text(String),
    /// A name, with or without backticks; words such as `if` are names here, the parser knows them.
    Name(&'a str),
    /// A name in backticks, which is never a word of the language.
    Quoted(&'a str),
    Operator(Operator),
    OpenRound,
    CloseRound,
    OpenSquare,
    CloseSquare,
    OpenCurly,
    CloseCurly,
    Comma,
    Semicolon,
    Newline,
    End,
}

/// All tokens of `text`, the last one [`Token::End`]; what cannot be a token is reported and left out. `None` where a string
/// is never closed: what is text and what is not cannot be told then.
pub(super) fn tokens<'a>(text: &'a str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<(Token<'a>, Span)>> {
    let mut lexer = Lexer { text, at: 0, over_lines: None, unclosed: false, diagnostics };
    let mut tokens = Vec::with_capacity(text.len() / 4);
    loop {
        let token = lexer.next();
        let end = token.0 == Token::End;
        tokens.push(token);
        if end {
            return (!lexer.unclosed).then_some(tokens);
        }
    }
}

struct Lexer<'a, 'd> {
    text: &'a str,
    at: usize,
    /// The first string that runs over several lines.
    over_lines: Option<usize>,
    unclosed: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

/// Longest first, so that `<-` is never read as `<` and `-`.
const OPERATORS: [(&str, Operator); 31] = [
    (":::", Operator::Namespace),
    ("<<-", Operator::SuperAssign),
    ("->>", Operator::SuperAssign),
    ("<-", Operator::Assign),
    ("->", Operator::AssignRight),
    (":=", Operator::SuperAssign),
    ("::", Operator::Namespace),
    ("<=", Operator::LessEqual),
    (">=", Operator::GreaterEqual),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("&&", Operator::And),
    ("||", Operator::Or),
    ("|>", Operator::Pipe),
    ("**", Operator::Power),
    ("=", Operator::EqualAssign),
    ("~", Operator::Tilde),
    ("+", Operator::Add),
    ("-", Operator::Subtract),
    ("*", Operator::Multiply),
    ("/", Operator::Divide),
    ("^", Operator::Power),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("!", Operator::Not),
    ("&", Operator::And),
    ("|", Operator::Bar),
    (":", Operator::Range),
    ("$", Operator::Member),
    ("@", Operator::Member),
    ("?", Operator::Question),
];

impl<'a> Lexer<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn span_from(&self, start: usize) -> Span {
        Span { start, end: self.at }
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        self.at = self.rest().find(|c| !keep(c)).map_or(self.text.len(), |n| self.at + n);
    }

    fn next(&mut self) -> (Token<'a>, Span) {
        loop {
            self.skip_while(|c| c != '\n' && (c.is_whitespace() || c == '\u{feff}'));
            let start = self.at;
            let Some(c) = self.peek() else {
                return (Token::End, self.span_from(start));
            };
            let single = match c {
                '\n' => Some(Token::Newline),
                '(' => Some(Token::OpenRound),
                ')' => Some(Token::CloseRound),
                '[' => Some(Token::OpenSquare),
                ']' => Some(Token::CloseSquare),
                '{' => Some(Token::OpenCurly),
                '}' => Some(Token::CloseCurly),
                ',' => Some(Token::Comma),
                ';' => Some(Token::Semicolon),
                _ => None,
            };
            if let Some(token) = single {
                self.at += 1;
                return (token, self.span_from(start));
            }
            let token = match c {
                '#' => {
                    self.skip_while(|c| c != '\n');
                    continue;
                }
                '"' | '\'' => self.string(c),
                'r' | 'R' if matches!(self.byte(1), b'"' | b'\'') => self.raw_string(),
                '`' => self.quoted_name(),
                '%' => self.percent_operator(),
                _ if c.is_ascii_digit() || c == '.' && self.byte(1).is_ascii_digit() => self.number(),
                _ if c.is_alphabetic() || c == '.' => {
                    self.skip_while(|c| c.is_alphanumeric() || c == '.' || c == '_');
                    Some(Token::Name(&self.text[start..self.at]))
                }
                _ => self.operator(),
            };
            if let Some(token) = token {
                return (token, self.span_from(start));
            }
        }
    }

    fn operator(&mut self) -> Option<Token<'a>> {
        if let Some((sign, operator)) = OPERATORS.iter().find(|(sign, _)| self.rest().starts_with(sign)) {
            self.at += sign.len();
            return Some(Token::Operator(*operator));
        }
        let start = self.at;
        if self.byte(0) == b'_' {
            self.skip_while(|c| c.is_alphanumeric() || c == '.' || c == '_');
            let name = &self.text[start..self.at];
            let diagnostic = Diagnostic::error(self.span_from(start), format!("`{name}` begins with `_`"))
                .with_help("begin the name with a letter");
            self.diagnostics.push(diagnostic);
            return Some(Token::Name(name));
        }
        self.skip_while(is_stray);
        if self.at == start {
            self.at += self.peek().map_or(0, char::len_utf8);
        }
        let found = &self.text[start..self.at];
        let diagnostic = match found.chars().next() {
            Some('\0') => no_text(self.span_from(start)),
            Some('“' | '”' | '„' | '‘' | '’') => Diagnostic::error(
                self.span_from(start),
                format!("typographic quote `{found}` is not part of the language"),
            )
            .with_help("use \" or ' around strings"),
            Some('−' | '–' | '—') => {
                let diagnostic = Diagnostic::error(self.span_from(start), format!("`{found}` is not the minus sign"));
                self.diagnostics.push(diagnostic.with_help("use -"));
                return Some(Token::Operator(Operator::Subtract));
            }
            Some(c) if c.is_control() => {
                Diagnostic::error(self.span_from(start), format!("control character U+{:04X}", u32::from(c)))
                    .with_help("save the file as UTF-8 text")
            }
            _ => {
                let shown: String = found.chars().take(20).collect();
                Diagnostic::error(self.span_from(start), format!("unexpected `{shown}`")).with_help("remove it")
            }
        };
        self.diagnostics.push(diagnostic);
        None
    }

    /// `%%`, or an operator of R's user between percent signs, which is refused later by its name.
    fn percent_operator(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let next = self.rest()[1..].find(['%', '\n']).filter(|&length| self.byte(1 + length) == b'%');
        if let Some(length) = next {
            self.at += length + 2;
            let operator = if length == 0 { Operator::Modulo } else { Operator::Percent };
            return Some(Token::Operator(operator));
        }
        self.at += 1;
        let diagnostic = Diagnostic::error(self.span_from(start), "unexpected `%`")
            .with_help("a percentage is written as a fraction (0.3 for 30 %), the remainder of a division as `%%`");
        self.diagnostics.push(diagnostic);
        None
    }

    fn quoted_name(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        self.at += 1;
        self.skip_while(|c| c != '`' && c != '\n');
        let name = &self.text[start + 1..self.at];
        if self.byte(0) != b'`' || name.is_empty() {
            let diagnostic = Diagnostic::error(self.span_from(start), "a name in backticks does not end on its line")
                .with_help("close it with a backtick");
            self.diagnostics.push(diagnostic);
            return None;
        }
        self.at += 1;
        if let Some(stray) = name.chars().find(|&c| c == '\\' || c.is_control()) {
            let message = match stray {
                '\\' => "a name with a backslash".to_owned(),
                _ => format!("a name with the control character U+{:04X}", u32::from(stray)),
            };
            let diagnostic = Diagnostic::error(self.span_from(start), message)
                .with_help("no column of data can be called this: choose another name");
            self.diagnostics.push(diagnostic);
        }
        Some(Token::Quoted(name))
    }

    fn number(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let hexadecimal = self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X');
        let value = if hexadecimal {
            self.at += 2;
            self.skip_while(|c| c.is_ascii_hexdigit());
            // Digits beyond 2⁵³ round once each, which no model can tell from rounding once.
            let digits = &self.text[start + 2..self.at];
            (!digits.is_empty())
                .then(|| digits.chars().fold(0.0, |value, c| value * 16.0 + f64::from(c.to_digit(16).unwrap_or(0))))
        } else {
            self.skip_while(|c| c.is_ascii_digit());
            if self.byte(0) == b'.' {
                self.at += 1;
                self.skip_while(|c| c.is_ascii_digit());
            }
            let signed = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if matches!(self.byte(0), b'e' | b'E') && self.byte(1 + signed).is_ascii_digit() {
                self.at += 1 + signed;
                self.skip_while(|c| c.is_ascii_digit());
            }
            self.text[start..self.at].parse::<f64>().ok()
        };
        if self.byte(0) == b'L' {
            self.at += 1;
        }
        let rest_of_word = self.at;
        self.skip_while(|c| c.is_alphanumeric() || c == '_' || c == '.');
        let malformed = self.at > rest_of_word;
        match value {
            Some(value) if !malformed => Some(Token::Number(value)),
            _ => {
                let shown: String = self.text[start..self.at].chars().take(40).collect();
                let diagnostic = Diagnostic::error(self.span_from(start), format!("`{shown}` is not a number"))
                    .with_help("numbers are written like 12, 0.5, 1e-3, 5L or 0x1F; a name cannot begin with a digit");
                self.diagnostics.push(diagnostic);
                // The place still holds a value, so that no second error follows from the first.
                Some(Token::Number(value.unwrap_or(1.0)))
            }
        }
    }

    fn string(&mut self, quote: char) -> Option<Token<'a>> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        while let Some(c) = self.peek() {
            let here = self.at;
            self.at += c.len_utf8();
            if c == quote {
                if value.contains('\n') {
                    self.over_lines.get_or_insert(start);
                }
                return Some(Token::Text(value));
            }
            if c == '\\' {
                self.escape(here, &mut value);
            } else if c == '\0' {
                self.diagnostics.push(no_text(self.span_from(here)));
            } else {
                value.push(c);
            }
        }
        self.unclosed_string(start)
    }

    /// What follows a backslash at byte `start`.
    fn escape(&mut self, start: usize, value: &mut String) {
        let Some(c) = self.peek() else { return };
        self.at += c.len_utf8();
        let code = match c {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            '\\' | '"' | '\'' | '`' | ' ' | '\n' => Some(c),
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'v' => Some('\u{b}'),
            'x' => self.code_point(2),
            'u' => self.code_point(4),
            'U' => self.code_point(8),
            _ => None,
        };
        match code {
            Some(c) => value.push(c),
            None => {
                let shown = &self.text[start..self.at];
                let diagnostic =
                    Diagnostic::error(self.span_from(start), format!("unknown escape `{shown}` in a string"))
                        .with_help("write a backslash as \\\\");
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// Up to `digits` hexadecimal digits, in braces or not.
    fn code_point(&mut self, digits: usize) -> Option<char> {
        let braces = self.byte(0) == b'{';
        self.at += usize::from(braces);
        let length = self.rest().bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
        let code = u32::from_str_radix(&self.rest()[..length], 16).ok();
        self.at += length;
        if braces && self.byte(0) == b'}' {
            self.at += 1;
        }
        code.filter(|&code| code != 0).and_then(char::from_u32)
    }

    /// `r"(...)"`, with any number of dashes and any bracket.
    fn raw_string(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let quote = char::from(self.byte(1));
        let after = &self.rest()[2..];
        let dashes = after.bytes().take_while(|&b| b == b'-').count();
        let close = match after.as_bytes().get(dashes) {
            Some(b'(') => ')',
            Some(b'[') => ']',
            Some(b'{') => '}',
            _ => {
                // Not a raw string after all: a name `r` beside a string, which the parser refuses.
                self.at += 1;
                return Some(Token::Name(&self.text[start..self.at]));
            }
        };
        let end = format!("{close}{}{quote}", "-".repeat(dashes));
        let body = &after[dashes + 1..];
        match body.find(&end) {
            Some(length) => {
                let value = &body[..length];
                if let Some(nul) = value.find('\0') {
                    let place = start + 2 + dashes + 1 + nul;
                    self.diagnostics.push(no_text(Span { start: place, end: place + 1 }));
                }
                self.at += 2 + dashes + 1 + length + end.len();
                Some(Token::Text(value.to_owned()))
            }
            None => {
                self.at = self.text.len();
                self.unclosed_string(start)
            }
        }
    }

    /// With one quote missing the strings after it are inside out, so the first one over several lines is the likely place.
    fn unclosed_string(&mut self, start: usize) -> Option<Token<'a>> {
        let start = self.over_lines.unwrap_or(start);
        let span = Span { start, end: start + 1 };
        self.unclosed = true;
        self.diagnostics.push(
            Diagnostic::error(span, "this string is never closed").with_help("close it with the quote it opens with"),
        );
        None
    }
}

/// No string of R holds NUL, however it is written.
fn no_text(span: Span) -> Diagnostic {
    Diagnostic::error(span, "a NUL byte is not text").with_help("save the file as UTF-8 text")
}

/// Characters that begin no token; a run of them is one finding.
fn is_stray(c: char) -> bool {
    !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() || c.is_control() && c != '\n' && !c.is_whitespace()
}
