//! Tokens into a tree, by R's grammar and precedence.
//!
//! Operators bind by the table of `precedence`; the methods follow Pratt, "Top down operator precedence", POPL 1973. A faulty
//! statement is reported, left out and parsing goes on at the next one, so that one run shows the faults of a whole file.

use super::lexer::{self, Token};
use super::precedence::{ARGUMENT, COMPARISON, LOOSEST, NOT, SIGN, TILDE, strength};
use super::tree::{Argument, Operator, Tree, TreeNode, join};
use crate::model::diagnostic::Diagnostic;
use crate::model::ir::{Name, Span};

/// Deepest nesting of brackets, blocks and operators: every level of it is a level of the stack.
const MAX_NESTING: usize = 150;
/// Tallest tree: later walks recurse once per level. A sum of as many terms has this height.
const MAX_HEIGHT: usize = 1_000;

/// The statements of a whole file; `None` where a string swallows the rest of it.
pub(super) fn parse(text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Tree>> {
    let tokens = lexer::tokens(text, diagnostics)?;
    let lines = text.match_indices('\n').map(|(end, _)| end + 1).collect();
    let mut parser = Parser {
        text,
        tokens,
        lines,
        at: 0,
        newlines: true,
        nesting: 0,
        reported_at: None,
        given_up: false,
        diagnostics,
    };
    Some(parser.statements(None))
}

/// The fault is in the diagnostics already.
struct Reported;

type Parsed<T = Tree> = Result<T, Reported>;

/// R's words, which are names only in backticks.
pub(super) fn is_word(text: &str) -> bool {
    matches!(
        text,
        "if" | "else"
            | "repeat"
            | "while"
            | "function"
            | "for"
            | "next"
            | "break"
            | "in"
            | "TRUE"
            | "FALSE"
            | "NULL"
            | "Inf"
            | "NaN"
            | "NA"
            | "NA_integer_"
            | "NA_real_"
            | "NA_character_"
    )
}

struct Parser<'a, 'd> {
    text: &'a str,
    tokens: Vec<(Token<'a>, Span)>,
    /// Where lines begin, the first one excepted.
    lines: Vec<usize>,
    at: usize,
    /// Whether a line break ends a statement here: not inside round or square brackets.
    newlines: bool,
    nesting: usize,
    /// Token of the last fault: one fault is reported once.
    reported_at: Option<usize>,
    /// Too deep to go on.
    given_up: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Parser<'a, '_> {
    fn current(&mut self) -> &Token<'a> {
        if !self.newlines {
            self.skip_newlines();
        }
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        span
    }

    fn skip_newlines(&mut self) {
        while self.tokens[self.at].0 == Token::Newline {
            self.advance();
        }
    }

    fn take(&mut self, token: &Token<'_>) -> bool {
        let found = self.current() == token;
        if found {
            self.advance();
        }
        found
    }

    fn is_word(&mut self, word: &str) -> bool {
        matches!(self.current(), Token::Name(name) if *name == word)
    }

    /// Reports a fault at the current token, once.
    fn fault(&mut self, message: impl Into<String>, help: impl Into<String>) -> Reported {
        if self.reported_at != Some(self.at) && !self.given_up {
            self.reported_at = Some(self.at);
            self.diagnostics.push(Diagnostic::error(self.span(), message).with_help(help));
        }
        Reported
    }

    fn give_up(&mut self, span: Span, message: String, help: &str) -> Reported {
        if !self.given_up {
            self.diagnostics.push(Diagnostic::error(span, message).with_help(help));
        }
        self.given_up = true;
        self.at = self.tokens.len() - 1;
        Reported
    }

    fn describe(&self) -> String {
        match self.tokens[self.at].0 {
            Token::End => "the end of the file".to_owned(),
            Token::Newline => "the end of the line".to_owned(),
            _ => {
                let Span { start, end } = self.span();
                let shown: String = self.text[start..end].chars().take(40).collect();
                format!("`{shown}`")
            }
        }
    }

    /// Line of a place, from 1.
    fn line(&self, span: Span) -> usize {
        self.lines.partition_point(|&start| start <= span.start) + 1
    }

    fn tree(&mut self, node: TreeNode, span: Span) -> Parsed {
        let tree = Tree::new(node, span);
        if tree.height > MAX_HEIGHT {
            let message = format!("this expression has more than {MAX_HEIGHT} levels");
            return Err(self.give_up(span, message, "assign parts of it to variables of their own"));
        }
        Ok(tree)
    }

    /// Statements up to the bracket that closes `open`, or to the end of the file.
    fn statements(&mut self, open: Option<Span>) -> Vec<Tree> {
        let mut statements = Vec::new();
        loop {
            while matches!(self.tokens[self.at].0, Token::Newline | Token::Semicolon) {
                self.advance();
            }
            match (&self.tokens[self.at].0, open) {
                (Token::End, open) => {
                    if let Some(span) = open.filter(|_| !self.given_up) {
                        self.diagnostics
                            .push(Diagnostic::error(span, "this `{` is never closed").with_help("close it with `}`"));
                    }
                    return statements;
                }
                (Token::CloseCurly, Some(_)) => {
                    self.advance();
                    return statements;
                }
                _ => {}
            }
            let start = self.at;
            match self.statement() {
                Ok(tree) => statements.push(tree),
                Err(Reported) => {
                    let span = self.tokens[start].1;
                    self.recover(start);
                    statements.push(Tree::new(TreeNode::Broken, span));
                }
            }
        }
    }

    fn statement(&mut self) -> Parsed {
        let tree = self.expression(LOOSEST)?;
        let ended =
            matches!(self.tokens[self.at].0, Token::Newline | Token::Semicolon | Token::CloseCurly | Token::End)
                || matches!(self.tokens[self.at - 1].0, Token::Newline);
        if !ended {
            let found = self.describe();
            self.fault(
                format!("unexpected {found} after the end of a statement"),
                "begin a new line, or put an operator between the two",
            );
            self.recover(self.at);
        }
        Ok(tree)
    }

    /// Goes to the end of the faulty statement that began at token `start`.
    fn recover(&mut self, start: usize) {
        if self.at > start && self.tokens[self.at - 1].0 == Token::Newline {
            return;
        }
        let mut depth = 0_usize;
        loop {
            match self.tokens[self.at].0 {
                Token::End => return,
                Token::Newline | Token::Semicolon if depth == 0 => return,
                Token::CloseCurly if depth == 0 && self.at > start => return,
                Token::CloseCurly if depth == 0 => {}
                Token::CloseCurly => depth -= 1,
                Token::OpenCurly => depth += 1,
                _ => {}
            }
            self.advance();
        }
    }

    /// An expression whose operators all hold tighter than `weakest`.
    fn expression(&mut self, weakest: u8) -> Parsed {
        if self.nesting >= MAX_NESTING {
            let message = format!("brackets and blocks are nested more than {MAX_NESTING} levels deep");
            return Err(self.give_up(self.span(), message, "assign parts to variables of their own"));
        }
        self.nesting += 1;
        let parsed = self.operators(weakest);
        self.nesting -= 1;
        parsed
    }

    fn operators(&mut self, weakest: u8) -> Parsed {
        let mut left = self.operand()?;
        let mut compared = false;
        loop {
            left = match *self.current() {
                Token::OpenRound => self.call(left)?,
                Token::OpenSquare => self.index(left)?,
                Token::Operator(operator) => {
                    let Some(strength) = strength(operator).filter(|s| s.left > weakest) else { return Ok(left) };
                    if strength.left == COMPARISON && std::mem::replace(&mut compared, true) {
                        return Err(self.fault("comparisons cannot be chained", "write `a < b & b < c`"));
                    }
                    self.advance();
                    self.skip_newlines();
                    let right = self.expression(strength.right - 1)?;
                    let span = join(left.span, right.span);
                    self.tree(TreeNode::Infix(operator, Box::new(left), Box::new(right)), span)?
                }
                _ => return Ok(left),
            };
        }
    }

    fn operand(&mut self) -> Parsed {
        let token = self.current().clone();
        let span = self.span();
        let node = match token {
            Token::Number(value) => TreeNode::Number(value),
            Token::Text(text) => TreeNode::Text(text),
            Token::Quoted(name) => TreeNode::Name(name.to_owned()),
            Token::Name(word) => return self.word(word, span),
            Token::Operator(Operator::Subtract) => return self.prefix(Operator::Subtract, SIGN),
            Token::Operator(Operator::Add) => return self.prefix(Operator::Add, SIGN),
            Token::Operator(Operator::Not) => return self.prefix(Operator::Not, NOT),
            Token::Operator(Operator::Tilde) => return self.prefix(Operator::Tilde, TILDE),
            Token::OpenRound => return self.bracketed(),
            Token::OpenCurly => return self.block(),
            _ => {
                return Err(self.missing_operand(&token));
            }
        };
        self.advance();
        self.tree(node, span)
    }

    /// Nothing that could be a value stands where one belongs: says so where the eye looks for it.
    fn missing_operand(&mut self, found: &Token<'_>) -> Reported {
        let before = self.tokens[..self.at].iter().rposition(|(token, _)| *token != Token::Newline);
        let unfinished = matches!(
            found,
            Token::CloseRound | Token::CloseSquare | Token::CloseCurly | Token::Comma | Token::Semicolon | Token::End
        );
        let shown = self.describe();
        match before.map(|at| &self.tokens[at].0) {
            Some(Token::Operator(_)) if unfinished => {
                // The operator may end an earlier statement that is faulty itself, so the parser never goes back to it.
                let here = self.at;
                self.at = before.unwrap_or(here);
                let operator = self.describe();
                let reported = self.fault(format!("nothing stands behind {operator}"), "finish the expression");
                self.at = here;
                reported
            }
            Some(Token::OpenRound | Token::OpenSquare) if unfinished => {
                self.fault("nothing stands in these brackets", "put a value into them")
            }
            _ => {
                let help = match found {
                    Token::CloseRound | Token::CloseSquare | Token::CloseCurly => {
                        "finish what stands before it, or remove the bracket"
                    }
                    Token::End => "finish the statement",
                    _ => "a number, a name, a call or a bracket belongs here",
                };
                self.fault(format!("expected an expression, found {shown}"), help)
            }
        }
    }

    fn prefix(&mut self, operator: Operator, weakest: u8) -> Parsed {
        let start = self.advance();
        self.skip_newlines();
        let operand = self.expression(weakest)?;
        let span = join(start, operand.span);
        self.tree(TreeNode::Prefix(operator, Box::new(operand)), span)
    }

    /// A name, or one of R's words.
    fn word(&mut self, word: &str, span: Span) -> Parsed {
        self.advance();
        let node = match word {
            "TRUE" => TreeNode::Logical(true),
            "FALSE" => TreeNode::Logical(false),
            "NULL" | "NA" | "NA_real_" | "NA_integer_" | "NA_character_" => TreeNode::Null,
            "Inf" => TreeNode::Number(f64::INFINITY),
            "NaN" => TreeNode::Number(f64::NAN),
            "d" if self.derivative_follows() => return self.derivative(span),
            "if" => return self.conditional(span),
            "function" => return self.function(span),
            "for" => return self.repetition("for", span),
            "while" => return self.repetition("while", span),
            "repeat" => return self.repetition("repeat", span),
            "next" | "break" | "in" => {
                self.at -= 1;
                return Err(self.fault(
                    format!("`{word}` has no place here"),
                    "loops are not supported: write the statements out",
                ));
            }
            "else" => {
                self.at -= 1;
                return Err(self.fault("`else` without `if`", "put it behind the `}` of an `if`"));
            }
            _ => TreeNode::Name(word.to_owned()),
        };
        self.tree(node, span)
    }

    /// Whether `/ dt (` comes next.
    fn derivative_follows(&self) -> bool {
        let next = |ahead: usize| self.tokens.get(self.at + ahead).map(|(token, _)| token);
        next(0) == Some(&Token::Operator(Operator::Divide))
            && next(1) == Some(&Token::Name("dt"))
            && next(2) == Some(&Token::OpenRound)
    }

    /// `d/dt(x)` holds together more tightly than R's `/`: in `-d/dt(x)` and `2 * d/dt(x)` it is one value.
    fn derivative(&mut self, start: Span) -> Parsed {
        self.advance();
        let d = Tree::new(TreeNode::Name("d".to_owned()), start);
        let dt = Tree::new(TreeNode::Name("dt".to_owned()), self.advance());
        let dt = self.call(dt)?;
        let span = join(start, dt.span);
        self.tree(TreeNode::Infix(Operator::Divide, Box::new(d), Box::new(dt)), span)
    }

    /// Runs `parse` where line breaks end statements, or where they do not.
    fn within<T>(&mut self, newlines: bool, parse: impl FnOnce(&mut Self) -> T) -> T {
        let outside = std::mem::replace(&mut self.newlines, newlines);
        let parsed = parse(self);
        self.newlines = outside;
        parsed
    }

    /// Takes the bracket that closes the one at `open`; where it is missing, says so and goes on as if it were there.
    fn close(&mut self, open: Span, bracket: &Token<'_>, sign: &str, expected: &str) -> Span {
        if self.current() == bracket {
            return self.advance();
        }
        let found = self.describe();
        let line = self.line(open);
        let opening = &self.text[open.start..open.end];
        let message = format!("expected {expected}`{sign}`, found {found}");
        self.fault(message, format!("the `{opening}` in line {line} is not closed"));
        self.tokens[self.at.saturating_sub(1)].1
    }

    fn bracketed(&mut self) -> Parsed {
        let open = self.advance();
        let (inner, close) = self.within(false, |parser| {
            let inner = parser.expression(LOOSEST)?;
            Ok((inner, parser.close(open, &Token::CloseRound, ")", "an operator or ")))
        })?;
        Ok(Tree { span: join(open, close), ..inner })
    }

    fn block(&mut self) -> Parsed {
        let open = self.advance();
        let statements = self.within(true, |parser| parser.statements(Some(open)));
        let close = self.tokens[self.at.saturating_sub(1)].1;
        self.tree(TreeNode::Block(statements), join(open, close))
    }

    fn call(&mut self, function: Tree) -> Parsed {
        let open = self.advance();
        let expected = match function.as_name() {
            Some(name) => format!("in the arguments of `{name}` a `,` or "),
            None => "a `,` or ".to_owned(),
        };
        let (arguments, close) = self.within(false, |parser| {
            let arguments = parser.arguments(&Token::CloseRound)?;
            Ok((arguments, parser.close(open, &Token::CloseRound, ")", &expected)))
        })?;
        let span = join(function.span, close);
        self.tree(TreeNode::Call(Box::new(function), arguments), span)
    }

    fn index(&mut self, of: Tree) -> Parsed {
        let open = self.advance();
        let close = self.within(false, |parser| {
            let double = parser.take(&Token::OpenSquare);
            parser.arguments(&Token::CloseSquare)?;
            if double {
                parser.close(open, &Token::CloseSquare, "]", "");
            }
            Ok(parser.close(open, &Token::CloseSquare, "]", "a `,` or "))
        })?;
        let span = join(of.span, close);
        self.tree(TreeNode::Index(Box::new(of)), span)
    }

    fn arguments(&mut self, close: &Token<'_>) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        if self.current() == close {
            return Ok(arguments);
        }
        loop {
            let name = self.argument_name();
            let empty = *self.current() == Token::Comma || self.current() == close;
            let value = if empty { None } else { Some(self.expression(ARGUMENT - 1)?) };
            arguments.push(Argument { name, value });
            if !self.take(&Token::Comma) {
                return Ok(arguments);
            }
        }
    }

    /// `name =`, where that is what comes next.
    fn argument_name(&mut self) -> Option<Name> {
        let text = match self.current() {
            Token::Name(name) | Token::Quoted(name) => (*name).to_owned(),
            Token::Text(text) => text.clone(),
            _ => return None,
        };
        let after = (self.at + 1..self.tokens.len()).find(|&i| self.tokens[i].0 != Token::Newline)?;
        if self.tokens[after].0 != Token::Operator(Operator::EqualAssign) {
            return None;
        }
        let span = self.span();
        self.at = after;
        self.advance();
        Some(Name { text, span })
    }

    /// What stands in the brackets of `if (...)`, `while (...)`.
    fn condition(&mut self, word: &str) -> Parsed {
        if *self.current() != Token::OpenRound {
            let found = self.describe();
            return Err(
                self.fault(format!("expected `(` after `{word}`, found {found}"), "put the condition in brackets")
            );
        }
        self.bracketed()
    }

    /// `if`, any number of `else if`, `else`: a long chain is no deep nesting.
    fn conditional(&mut self, start: Span) -> Parsed {
        let mut branches = Vec::new();
        let mut start = start;
        let mut last = None;
        loop {
            let condition = self.condition("if")?;
            self.skip_newlines();
            let then = self.expression(LOOSEST)?;
            branches.push((start, condition, then));
            let after = self.at;
            // An `else` may begin the next line: inside a block, and every model is one, R looks for it there too.
            self.skip_newlines();
            if !self.is_word("else") {
                self.at = after;
                break;
            }
            self.advance();
            self.skip_newlines();
            if !self.is_word("if") {
                last = Some(Box::new(self.expression(LOOSEST)?));
                break;
            }
            start = self.advance();
        }
        while let Some((start, condition, then)) = branches.pop() {
            let end = last.as_deref().map_or(then.span, |otherwise: &Tree| otherwise.span);
            let node = TreeNode::If { condition: Box::new(condition), then: Box::new(then), otherwise: last };
            last = Some(Box::new(self.tree(node, join(start, end))?));
        }
        Ok(*last.expect("the loop pushes at least one branch"))
    }

    /// `function(...) body`: the parameters have no meaning for a model.
    fn function(&mut self, start: Span) -> Parsed {
        if *self.current() != Token::OpenRound {
            let found = self.describe();
            return Err(self.fault(format!("expected `(` after `function`, found {found}"), "write `function() {`"));
        }
        let open = self.advance();
        self.within(false, |parser| {
            parser.arguments(&Token::CloseRound)?;
            parser.close(open, &Token::CloseRound, ")", "a `,` or ");
            Ok(())
        })?;
        self.skip_newlines();
        let body = Box::new(self.expression(LOOSEST)?);
        let span = join(start, body.span);
        self.tree(TreeNode::Function(body), span)
    }

    /// A loop, read so that it can be refused by its name.
    fn repetition(&mut self, word: &'static str, start: Span) -> Parsed {
        match word {
            "for" => {
                let open = self.span();
                if !self.take(&Token::OpenRound) {
                    return Err(self.fault("expected `(` after `for`", "write it out without a loop"));
                }
                self.within(false, |parser| {
                    parser.operand()?;
                    if parser.is_word("in") {
                        parser.advance();
                        parser.expression(LOOSEST)?;
                    }
                    parser.close(open, &Token::CloseRound, ")", "");
                    Ok(())
                })?;
            }
            "while" => {
                self.condition("while")?;
            }
            _ => {}
        }
        self.skip_newlines();
        let body = self.expression(LOOSEST)?;
        self.tree(TreeNode::Loop(word), join(start, body.span))
    }
}
