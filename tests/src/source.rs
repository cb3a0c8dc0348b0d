//! A Rust source file as tokens: comments gone, strings whole, braces matched, test code left out.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use crate::project;

/// One Rust file of the project, without its test code.
pub struct Source {
    /// Relative to the project's root.
    pub path: String,
    trees: Vec<TokenTree>,
    lines: usize,
    test_modules: Vec<String>,
}

/// A token with the line it stands on, counted from 1. The delimiters of groups are tokens too.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// A function with a body.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub line: usize,
    /// From the line of `fn` to the closing brace, both included.
    pub lines: usize,
    /// `pub` without restriction.
    pub public: bool,
    /// The head of the `impl` or `trait` around it, such as `impl Fault for CaseError`; empty for a free function.
    pub owner: String,
    pub doc: String,
    pub body: Vec<Token>,
}

impl Source {
    /// Every Rust file of the project under one of `folders` (empty: all), tests, benches and examples excepted.
    pub fn all(folders: &[&str]) -> Vec<Source> {
        let product = |path: &String| {
            path.ends_with(".rs")
                && !path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples"))
                && (folders.is_empty() || folders.iter().any(|folder| path.starts_with(folder)))
        };
        let all: Vec<Source> = project::files().into_iter().filter(product).map(|path| Source::read(&path)).collect();
        let of_tests: Vec<String> = all.iter().flat_map(Source::files_of_tests).collect();
        all.into_iter().filter(|source| !of_tests.contains(&source.path)).collect()
    }

    /// The files of modules that are declared for tests only, as `#[cfg(test)] mod fixture;`.
    fn files_of_tests(&self) -> Vec<String> {
        let folder = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let folder = folder.strip_suffix("/lib").or_else(|| folder.strip_suffix("/main")).unwrap_or(folder);
        self.test_modules.iter().map(|name| format!("{folder}/{name}.rs")).collect()
    }

    pub fn read(path: &str) -> Source {
        let text = project::read(path).unwrap_or_else(|| panic!("{path} is not UTF-8"));
        Source::parse(path, &text)
    }

    pub fn parse(path: &str, text: &str) -> Source {
        let stream: TokenStream = text.parse().unwrap_or_else(|e| panic!("{path} is not Rust: {e}"));
        let mut left_out = LeftOut::default();
        let trees = without_tests(stream, &mut left_out);
        let lines = text.lines().count() - left_out.lines;
        Source { path: path.to_owned(), trees, lines, test_modules: left_out.modules }
    }

    /// The number of lines, test code not counted.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Every token in order, documentation left out.
    pub fn tokens(&self) -> Vec<Token> {
        flat(&self.trees)
    }

    /// Every string literal, unescaped as far as `\"`, `\\` and `\n` go, with its line.
    pub fn strings(&self) -> Vec<(String, usize)> {
        self.tokens().iter().filter_map(|t| Some((string(&t.text)?, t.line))).collect()
    }

    /// Every function with a body, nested ones included.
    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        collect_functions(&self.trees, "", &mut found);
        found
    }

    /// Every path that is imported or written out, such as `std::fs::read`, with its line; `use` trees are expanded.
    pub fn paths(&self) -> Vec<(String, usize)> {
        let tokens = self.tokens();
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if tokens[at].text == "use" {
                at = expand(&tokens, at + 1, "", &mut found) + 1;
                continue;
            }
            let start = at;
            let mut path = String::new();
            while at + 1 < tokens.len() && is_name(&tokens[at].text) && tokens[at + 1].text == "::" {
                path += &format!("{}::", tokens[at].text);
                at += 2;
            }
            if !path.is_empty() && at < tokens.len() {
                path += &tokens[at].text;
                found.push((path, tokens[start].line));
            }
            at += 1;
        }
        found
    }
}

/// The text of a string literal token, or `None` where the token is something else.
pub fn string(token: &str) -> Option<String> {
    if let Some(raw) = token.strip_prefix('r').filter(|rest| rest.starts_with(['"', '#'])) {
        return Some(raw.trim_matches('#').trim_matches('"').to_owned());
    }
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Reads one `use` tree from `at`, pushes its full paths, returns the index of the token after it.
fn expand(tokens: &[Token], mut at: usize, prefix: &str, found: &mut Vec<(String, usize)>) -> usize {
    let mut path = prefix.to_owned();
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "::" => {}
            "{" => {
                at += 1;
                while tokens[at].text != "}" {
                    at = expand(tokens, at, &path, found);
                    if tokens[at].text == "," {
                        at += 1;
                    }
                }
                return at + 1;
            }
            ";" | "," | "}" => break,
            "as" => at += 1,
            name => {
                let joint = if path.is_empty() { "" } else { "::" };
                path = format!("{path}{joint}{name}");
                if tokens[at + 1].text != "::" {
                    found.push((path.clone(), tokens[at].line));
                }
            }
        }
        at += 1;
    }
    at
}

fn attribute(trees: &[TokenTree], at: usize) -> Option<&Group> {
    match (&trees[at], trees.get(at + 1)) {
        (TokenTree::Punct(p), Some(TokenTree::Group(g))) if p.as_char() == '#' && is(g, Delimiter::Bracket) => Some(g),
        _ => None,
    }
}

fn is(group: &Group, delimiter: Delimiter) -> bool {
    group.delimiter() == delimiter
}

fn marks_test(attribute: &Group) -> bool {
    let text: String = attribute.stream().to_string().split_whitespace().collect();
    text == "test" || text.starts_with("cfg(test") || text.starts_with("cfg(all(test") || text.ends_with("::test")
}

/// The test code of a file that [`without_tests`] left out.
#[derive(Default)]
struct LeftOut {
    lines: usize,
    /// Modules with a file of their own.
    modules: Vec<String>,
}

fn without_tests(stream: TokenStream, left_out: &mut LeftOut) -> Vec<TokenTree> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < trees.len() {
        if attribute(&trees, at).is_some_and(marks_test) {
            let from = trees[at].span().start().line;
            while at < trees.len() && !ends_item(&trees[at]) {
                at += 1;
            }
            let to = trees.get(at).map_or(from, |tree| tree.span().end().line);
            left_out.lines += to + 1 - from;
            if let [TokenTree::Ident(word), TokenTree::Ident(name)] = &trees[at.saturating_sub(2)..at.min(trees.len())]
                && word == "mod"
                && matches!(trees.get(at), Some(TokenTree::Punct(_)))
            {
                left_out.modules.push(name.to_string());
            }
            at += 1;
            continue;
        }
        kept.push(match &trees[at] {
            TokenTree::Group(group) => {
                let inner = without_tests(group.stream(), left_out).into_iter().collect();
                let mut copy = Group::new(group.delimiter(), inner);
                copy.set_span(group.span());
                TokenTree::Group(copy)
            }
            other => other.clone(),
        });
        at += 1;
    }
    kept
}

fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => is(group, Delimiter::Brace),
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

fn documentation(attribute: &Group) -> Option<String> {
    let trees: Vec<TokenTree> = attribute.stream().into_iter().collect();
    match (trees.first(), trees.get(2)) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Literal(text))) if name == "doc" => string(&text.to_string()),
        _ => None,
    }
}

fn flat(trees: &[TokenTree]) -> Vec<Token> {
    let mut tokens = Vec::new();
    flatten(trees, &mut tokens);
    tokens
}

fn flatten(trees: &[TokenTree], tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < trees.len() {
        if attribute(trees, at).is_some_and(|group| documentation(group).is_some()) {
            at += 2;
            continue;
        }
        let line = trees[at].span().start().line;
        match &trees[at] {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(Token { text: open.to_owned(), line });
                flatten(&group.stream().into_iter().collect::<Vec<_>>(), tokens);
                tokens.push(Token { text: close.to_owned(), line: group.span().end().line });
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint => {
                tokens.push(Token { text: "::".to_owned(), line });
                at += 1;
            }
            other => tokens.push(Token { text: other.to_string(), line }),
        }
        at += 1;
    }
}

fn collect_functions(trees: &[TokenTree], owner: &str, found: &mut Vec<Function>) {
    let (mut doc, mut public, mut head) = (String::new(), false, None);
    let mut at = 0;
    while at < trees.len() {
        if let Some(text) = attribute(trees, at).and_then(documentation) {
            doc += &format!("{text}\n");
            at += 2;
            continue;
        }
        match &trees[at] {
            TokenTree::Ident(word) if word == "pub" => {
                public = !matches!(trees.get(at + 1), Some(TokenTree::Group(g)) if is(g, Delimiter::Parenthesis));
            }
            TokenTree::Ident(word) if word == "impl" || word == "trait" => head = head.or(Some(at)),
            TokenTree::Ident(word) if word == "fn" && matches!(trees.get(at + 1), Some(TokenTree::Ident(_))) => {
                let end = (at..trees.len()).find(|i| ends_item(&trees[*i])).unwrap_or(trees.len() - 1);
                if let TokenTree::Group(body) = &trees[end] {
                    let inner: Vec<TokenTree> = body.stream().into_iter().collect();
                    let line = word.span().start().line;
                    let lines = body.span().end().line + 1 - line;
                    let (name, doc) = (trees[at + 1].to_string(), std::mem::take(&mut doc));
                    let body = flat(&inner);
                    found.push(Function { name, line, lines, public, owner: owner.to_owned(), doc, body });
                    collect_functions(&inner, owner, found);
                }
                at = end;
            }
            TokenTree::Group(group) => {
                let words = head.map(|from| flat(&trees[from..at]));
                let words = words.unwrap_or_default().into_iter().map(|token| token.text);
                let inside = match head {
                    Some(_) => words.collect::<Vec<_>>().join(" "),
                    None => owner.to_owned(),
                };
                collect_functions(&group.stream().into_iter().collect::<Vec<_>>(), &inside, found);
            }
            _ => {}
        }
        if ends_item(&trees[at]) {
            (public, head) = (false, None);
            doc.clear();
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        //! Opening.
        use std::{collections::HashMap, fs::{self, File}, io as input};
        /// Says it.
        ///
        /// Source: a book.
        pub fn say(at: &str) -> u8 {
            // x.unwrap()
            let _ = "x.unwrap()";
            std::env::var("A");
            7
        }
        impl X { pub(crate) fn quiet(&self) { fn inner() {} } }
        #[cfg(test)]
        mod tests {
            fn in_test() { x.unwrap(); }
        }
        fn last() {}
    "#;

    #[test]
    fn functions_are_found_with_their_length_and_documentation() {
        let found = Source::parse("x.rs", TEXT).functions();
        let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.lines, f.public, f.owner.as_str())).collect();
        let expected = [
            ("say", 6, true, ""),
            ("quiet", 1, false, "impl X"),
            ("inner", 1, false, "impl X"),
            ("last", 1, false, ""),
        ];
        assert_eq!(seen, expected);
        assert!(found[0].doc.contains("Source: a book"));
    }

    #[test]
    fn paths_are_expanded_and_strings_comments_and_tests_are_not_read() {
        let source = Source::parse("x.rs", TEXT);
        let paths: Vec<String> = source.paths().into_iter().map(|(path, _)| path).collect();
        for expected in ["std::fs::self", "std::fs::File", "std::collections::HashMap", "std::io", "std::env::var"] {
            assert!(paths.iter().any(|path| path == expected), "{expected} in {paths:?}");
        }
        assert!(!source.tokens().iter().any(|token| token.text == "unwrap" || token.text == "in_test"));
        assert_eq!(source.lines(), TEXT.lines().count() - 4);
    }
}
