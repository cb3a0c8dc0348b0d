//! Reading a formula: terms by `+ - * :`, arithmetic inside functions.

use valuation::market::price_model::Measure;

use super::token::{Token, Word, tokens};
use super::{Formula, Named, Part, Term};
use crate::error::{ModelError, nearest};

const FUNCTIONS: [&str; 7] = ["log", "log1p", "exp", "sqrt", "I", "i", "factor"];

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

/// The right side while it is read: signed terms, and whether the intercept was taken out.
struct Side {
    terms: Vec<Term>,
    intercept: bool,
}

pub(super) fn formula(text: &str) -> Result<Formula, ModelError> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let start = reader.at;
    let measure = reader.sum()?;
    let response = Named { name: reader.name(start), measure };
    reader.expect('~', "~ after the response")?;
    let side = reader.side()?;
    let mut effects = Vec::new();
    if reader.take('|') {
        loop {
            let mut columns = vec![reader.column()?];
            while reader.take('^') {
                columns.push(reader.column()?);
            }
            if !effects.contains(&columns) {
                effects.push(columns);
            }
            if !reader.take('+') {
                break;
            }
        }
    }
    if reader.peek() != &Word::End {
        return Err(reader.wrong("the end, + or |"));
    }
    let mut terms = side.terms;
    terms.sort_by_key(|term| term.factors.len());
    Ok(Formula { text: text.trim().to_owned(), response, terms, intercept: side.intercept, effects })
}

impl Reader {
    fn peek(&self) -> &Word {
        &self.tokens[self.at].word
    }

    fn next(&mut self) -> Word {
        let word = self.tokens[self.at].word.clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        word
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == &Word::Sign(sign);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, sign: char, expected: &'static str) -> Result<(), ModelError> {
        if self.take(sign) { Ok(()) } else { Err(self.wrong(expected)) }
    }

    fn wrong(&self, expected: &'static str) -> ModelError {
        let token = &self.tokens[self.at];
        ModelError::FormulaSyntax { position: token.position, found: token.word.shown(), expected }
    }

    fn column(&mut self) -> Result<String, ModelError> {
        match self.peek().clone() {
            Word::Name(name) | Word::Quoted(name) => {
                self.next();
                Ok(name)
            }
            _ => Err(self.wrong("a column name")),
        }
    }

    /// The words read since `start`, spaced as R writes them.
    fn name(&self, start: usize) -> String {
        let words: Vec<&Word> = self.tokens[start..self.at].iter().map(|token| &token.word).collect();
        let mut text = String::new();
        for (index, word) in words.iter().enumerate() {
            let operand_before = index > 0 && !matches!(words[index - 1], Word::Sign(sign) if *sign != ')');
            match word {
                Word::Sign(sign @ ('+' | '-' | '*' | '/')) if operand_before => text.push_str(&format!(" {sign} ")),
                Word::Sign(',') => text.push_str(", "),
                Word::Quoted(name) if words.len() == 1 => text.push_str(name),
                word => text.push_str(&word.shown()),
            }
        }
        text
    }

    fn side(&mut self) -> Result<Side, ModelError> {
        let mut side = Side { terms: Vec::new(), intercept: true };
        let mut add = !self.take('-');
        loop {
            match self.peek() {
                Word::Number(value, _) if *value == 0.0 || *value == 1.0 => {
                    side.intercept = (*value == 1.0) == add;
                    self.next();
                }
                _ => {
                    for term in self.crossing()? {
                        let known = side.terms.iter().position(|other| other.same(&term));
                        match (add, known) {
                            (true, None) => side.terms.push(term),
                            (false, Some(index)) => {
                                side.terms.remove(index);
                            }
                            _ => {}
                        }
                    }
                }
            }
            if self.take('+') {
                add = true;
            } else if self.take('-') {
                add = false;
            } else {
                return Ok(side);
            }
        }
    }

    /// `a*b*c`
    fn crossing(&mut self) -> Result<Vec<Term>, ModelError> {
        let mut terms = self.product()?;
        while self.take('*') {
            let right = self.product()?;
            let both = products(&terms, &right);
            terms.extend(right);
            terms.extend(both);
        }
        Ok(terms)
    }

    /// `a:b:c`
    fn product(&mut self) -> Result<Vec<Term>, ModelError> {
        let mut terms = self.atom()?;
        while self.take(':') {
            terms = products(&terms, &self.atom()?);
        }
        Ok(terms)
    }

    fn atom(&mut self) -> Result<Vec<Term>, ModelError> {
        if self.take('(') {
            let inner = self.side()?;
            self.expect(')', ") or an operator")?;
            return Ok(inner.terms);
        }
        let start = self.at;
        let part = match self.peek().clone() {
            Word::Quoted(name) => {
                self.next();
                Part::Column(name)
            }
            Word::Name(name) if self.tokens[self.at + 1].word == Word::Sign('(') => match name.as_str() {
                "i" | "factor" => return self.levels(),
                _ => {
                    let measure = self.call()?;
                    Part::Value(Named { name: self.name(start), measure })
                }
            },
            Word::Name(name) => {
                self.next();
                Part::Column(name)
            }
            _ => return Err(self.wrong("a term: a column, log(…), i(…), I(…)")),
        };
        if self.peek() != &Word::Sign('^') {
            return Ok(vec![Term { factors: vec![part] }]);
        }
        let base = match part {
            Part::Column(name) => Measure::Attribute(name),
            Part::Value(named) => named.measure,
            Part::Levels { .. } => return Err(self.wrong("a numeric term before ^")),
        };
        self.next();
        let exponent = self.unary()?;
        let name = format!("I({})", self.name(start));
        let measure = Measure::Power(Box::new(base), Box::new(exponent));
        Ok(vec![Term { factors: vec![Part::Value(Named { name, measure })] }])
    }

    /// `i(x)`, `i(x, ref = a)`, `i(x, z)`, `factor(x)`
    fn levels(&mut self) -> Result<Vec<Term>, ModelError> {
        self.next();
        self.expect('(', "(")?;
        let column = self.column()?;
        let mut reference = None;
        let mut slope = None;
        while self.take(',') {
            let is_reference = self.peek() == &Word::Name("ref".to_owned())
                && self.tokens.get(self.at + 1).is_some_and(|token| token.word == Word::Sign('='));
            if is_reference {
                self.next();
                self.next();
                reference = Some(match self.next() {
                    Word::Name(level) | Word::Quoted(level) | Word::Text(level) | Word::Number(_, level) => level,
                    _ => return Err(self.wrong("the level after ref =")),
                });
            } else {
                let start = self.at;
                let measure = self.sum()?;
                slope = Some(match measure {
                    Measure::Attribute(name) => Part::Column(name),
                    measure => Part::Value(Named { name: self.name(start), measure }),
                });
            }
        }
        self.expect(')', ") or ,")?;
        let every = slope.is_some() && reference.is_none();
        let mut factors = vec![Part::Levels { column, reference, every }];
        factors.extend(slope);
        Ok(vec![Term { factors }])
    }

    fn sum(&mut self) -> Result<Measure, ModelError> {
        let mut left = self.multiple()?;
        loop {
            if self.take('+') {
                left = Measure::Sum(Box::new(left), Box::new(self.multiple()?));
            } else if self.take('-') {
                left = Measure::Difference(Box::new(left), Box::new(self.multiple()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn multiple(&mut self) -> Result<Measure, ModelError> {
        let mut left = self.unary()?;
        loop {
            if self.take('*') {
                left = Measure::Product(Box::new(left), Box::new(self.unary()?));
            } else if self.take('/') {
                left = Measure::Quotient(Box::new(left), Box::new(self.unary()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn unary(&mut self) -> Result<Measure, ModelError> {
        if self.take('-') {
            return Ok(match self.unary()? {
                Measure::Number(value) => Measure::Number(-value),
                measure => Measure::Negative(Box::new(measure)),
            });
        }
        let base = self.operand()?;
        if self.take('^') {
            return Ok(Measure::Power(Box::new(base), Box::new(self.unary()?)));
        }
        Ok(base)
    }

    fn operand(&mut self) -> Result<Measure, ModelError> {
        if self.take('(') {
            let inner = self.sum()?;
            self.expect(')', ") or an operator")?;
            return Ok(inner);
        }
        match self.peek().clone() {
            Word::Number(value, _) => {
                self.next();
                Ok(Measure::Number(value))
            }
            Word::Name(_) if self.tokens[self.at + 1].word == Word::Sign('(') => self.call(),
            Word::Name(name) | Word::Quoted(name) => {
                self.next();
                Ok(Measure::Attribute(name))
            }
            _ => Err(self.wrong("a column, a number or a function")),
        }
    }

    fn call(&mut self) -> Result<Measure, ModelError> {
        let name = self.next().shown();
        if !FUNCTIONS.contains(&name.as_str()) {
            let nearest = nearest(&name, FUNCTIONS);
            return Err(ModelError::UnknownFunction { name, nearest });
        }
        self.expect('(', "(")?;
        let inner = self.sum()?;
        self.expect(')', ") or an operator")?;
        Ok(match name.as_str() {
            "log" => Measure::Log(Box::new(inner)),
            "log1p" => Measure::Log(Box::new(Measure::Sum(Box::new(Measure::Number(1.0)), Box::new(inner)))),
            "exp" => Measure::Exp(Box::new(inner)),
            "sqrt" => Measure::Power(Box::new(inner), Box::new(Measure::Number(0.5))),
            "I" => inner,
            _ => return Err(self.wrong("arithmetic; i(…) stands as a term of its own")),
        })
    }
}

/// Every product of a term on the left with one on the right; a factor counts once.
fn products(left: &[Term], right: &[Term]) -> Vec<Term> {
    let mut all = Vec::new();
    for a in left {
        for b in right {
            let mut factors = a.factors.clone();
            factors.extend(b.factors.iter().filter(|part| !a.factors.contains(part)).cloned());
            all.push(Term { factors });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let part_name = |part: &Part| match part {
            Part::Column(name) => name.clone(),
            Part::Value(named) => named.name.clone(),
            Part::Levels { column, reference, every } => {
                format!("{column}/{}/{every}", reference.as_deref().unwrap_or(""))
            }
        };
        let formula = formula(text).unwrap();
        formula.terms.iter().map(|t| t.factors.iter().map(part_name).collect::<Vec<_>>().join(":")).collect()
    }

    #[test]
    fn terms_are_read_as_r_reads_them() {
        assert_eq!(names("y ~ a*b + c - b"), ["a", "c", "a:b"]);
        assert_eq!(names("y ~ a:b + (a + c):d + b"), ["b", "a:b", "a:d", "c:d"]);
        assert_eq!(
            names("log(价格) ~ log( 记录数+1 ) + `更新 频率` + x^2"),
            ["log(记录数 + 1)", "更新 频率", "I(x^2)"]
        );
        assert_eq!(names("y ~ i(k, ref = \"a b\") + i(k, log(z))"), ["k/a b/false", "k//true:log(z)"]);
        assert_eq!(names("y ~ I(-x*2/z) + a"), ["I(-x * 2 / z)", "a"]);
    }

    #[test]
    fn the_intercept_can_be_taken_out() {
        for text in ["y ~ x - 1", "y ~ 0 + x", "y ~ -1 + x"] {
            assert!(!formula(text).unwrap().intercept, "{text}");
        }
        assert!(formula("y ~ 1").unwrap().intercept);
    }

    #[test]
    fn effects_stand_after_the_bar() {
        assert_eq!(formula("y ~ x | f + g^h").unwrap().effects, [vec!["f"], vec!["g", "h"]]);
    }

    #[test]
    fn what_cannot_be_read_is_placed() {
        for (text, position) in
            [("y x", 3), ("y ~ x +", 8), ("y ~ (x", 7), ("y ~ x / z", 7), ("y ~ i(3)", 7), ("y ~ x $", 7)]
        {
            match formula(text).unwrap_err() {
                ModelError::FormulaSyntax { position: found, .. } => assert_eq!(found, position, "{text}"),
                other => panic!("{text}: {other}"),
            }
        }
    }
}
