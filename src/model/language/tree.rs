//! What the parser makes of R's syntax, before anything is known of models.

use crate::model::ir::{Name, Span};

/// A piece of R with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub node: TreeNode,
    pub span: Span,
    /// Levels below this one, so that no later walk over the tree runs out of stack.
    pub height: usize,
}

/// What a piece of R is. Brackets around an expression leave no node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TreeNode {
    Number(f64),
    Text(String),
    Logical(bool),
    /// `NULL` or `NA`.
    Null,
    Name(String),
    Prefix(Operator, Box<Tree>),
    Infix(Operator, Box<Tree>, Box<Tree>),
    Call(Box<Tree>, Vec<Argument>),
    /// `x[i]` or `x[[i]]`.
    Index(Box<Tree>),
    Block(Vec<Tree>),
    If {
        condition: Box<Tree>,
        then: Box<Tree>,
        otherwise: Option<Box<Tree>>,
    },
    /// `function(...) body`
    Function(Box<Tree>),
    /// `for`, `while`, `repeat`, by its word.
    Loop(&'static str),
    /// What could not be parsed; reported already.
    Broken,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argument {
    pub name: Option<Name>,
    /// `None` where nothing stands between two commas.
    pub value: Option<Tree>,
}

/// R's operators. Signs that mean the same to a model are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `=`
    EqualAssign,
    /// `<-`
    Assign,
    /// `->`
    AssignRight,
    /// `<<-`, `->>`, `:=`
    SuperAssign,
    Tilde,
    /// `||`
    Or,
    /// `|`
    Bar,
    And,
    Not,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `%%`
    Modulo,
    /// `%...%`
    Percent,
    /// `|>`
    Pipe,
    /// `:`
    Range,
    /// `^`, `**`
    Power,
    /// `$`, `@`
    Member,
    /// `::`, `:::`
    Namespace,
    Question,
}

impl Tree {
    pub fn new(node: TreeNode, span: Span) -> Self {
        let height = 1 + match &node {
            TreeNode::Prefix(_, a) | TreeNode::Index(a) | TreeNode::Function(a) => a.height,
            TreeNode::Infix(_, a, b) => a.height.max(b.height),
            TreeNode::Call(function, arguments) => {
                arguments.iter().filter_map(|a| a.value.as_ref()).map(|v| v.height).fold(function.height, usize::max)
            }
            TreeNode::Block(statements) => statements.iter().map(|s| s.height).max().unwrap_or(0),
            TreeNode::If { condition, then, otherwise } => {
                condition.height.max(then.height).max(otherwise.as_ref().map_or(0, |o| o.height))
            }
            _ => 0,
        };
        Self { node, span, height }
    }

    /// The name, where it is one.
    pub fn as_name(&self) -> Option<&str> {
        match &self.node {
            TreeNode::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The name called and the arguments, where it is a call of a name.
    pub fn as_call(&self) -> Option<(&str, &[Argument])> {
        match &self.node {
            TreeNode::Call(function, arguments) => Some((function.as_name()?, arguments)),
            _ => None,
        }
    }

    /// The statements of a block, or the one statement that stands for it.
    pub fn statements(&self) -> &[Tree] {
        match &self.node {
            TreeNode::Block(statements) => statements,
            _ => std::slice::from_ref(self),
        }
    }

    /// Left and right of `<-` or `=`.
    pub fn as_assignment(&self) -> Option<(&Tree, &Tree)> {
        match &self.node {
            TreeNode::Infix(Operator::Assign | Operator::EqualAssign, left, right) => Some((left, right)),
            TreeNode::Infix(Operator::AssignRight, value, target) => Some((target, value)),
            _ => None,
        }
    }
}

/// From the first of `a` to the end of `b`.
pub(super) fn join(a: Span, b: Span) -> Span {
    Span { start: a.start.min(b.start), end: a.end.max(b.end) }
}
