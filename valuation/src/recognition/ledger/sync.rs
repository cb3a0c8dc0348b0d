//! Posting the difference between what the books ought to say and what they say.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Key, Ledger, Net, Posted};
use crate::recognition::account::Account;
use crate::recognition::error::BookError;
use crate::recognition::event::LateClass;
use crate::recognition::holding::trace;
use crate::recognition::journal::{Document, Entry, EntryKind, Line, Source};
use crate::recognition::month::Month;

/// The late event whose corrections are posted.
#[derive(Clone, Copy)]
struct Cause {
    class: LateClass,
    material: bool,
    number: u32,
}

/// Where and how a difference is posted.
struct Posting {
    period: Month,
    date: NaiveDate,
    kind: EntryKind,
    event: Option<String>,
    class: Option<LateClass>,
    origin: Option<Month>,
    reverses: Option<u64>,
}

impl Ledger {
    /// Posts what is missing up to `through`; late events first, one after the other, each under its own class.
    pub(super) fn run(&mut self, through: Month) -> Result<(), BookError> {
        if through < self.setup.first_period {
            let (period, expected) = (through.to_string(), self.setup.first_period.to_string());
            return Err(BookError::PeriodOrder { period, expected });
        }
        let through = self.through.map_or(through, |before| before.max(through));
        self.through = Some(through);
        // Every event was followed through its asset when it was recorded, so nothing is refused half way.
        self.post_all(through)
    }

    fn post_all(&mut self, through: Month) -> Result<(), BookError> {
        for number in std::mem::take(&mut self.pending) {
            let known = &self.events[number as usize];
            let (Some(class), Some(closed)) = (known.late, self.closed) else { continue };
            let material = known.event.late.as_ref().is_some_and(|late| late.material);
            let Some(&asset) = self.assets.get(&known.event.asset) else { continue };
            let cause = Cause { class, material, number };
            for book in 0..self.states.len() {
                self.sync(book, asset, closed, Some(cause))?;
            }
        }
        for asset in 0..self.of_asset.len() as u32 {
            for book in 0..self.states.len() {
                self.sync(book, asset, through, None)?;
            }
        }
        Ok(())
    }

    /// Brings one asset in one book up to date; a cause limits the events to those recorded until then.
    fn sync(&mut self, book: usize, asset: u32, through: Month, cause: Option<Cause>) -> Result<(), BookError> {
        let rules = &self.setup.books[book];
        let last = cause.map_or(u32::MAX, |cause| cause.number);
        let numbers: Vec<u32> = self.of_asset[asset as usize].1.iter().copied().filter(|n| *n <= last).collect();
        let placed = self.placed_events(&numbers, &rules.name);
        let documents = trace(&placed, self.rules(rules), through)?.documents;
        let target: BTreeMap<Key, Document> =
            documents.into_iter().map(|document| ((asset, document.period, document.source), document)).collect();
        let from = (asset, Month::january(-9999), Source::Event(0));
        let until = (asset, through, Source::Release);
        let posted = self.states[book].posted.range(from..=until).map(|(key, _)| *key);
        let keys: BTreeSet<Key> = posted.chain(target.keys().copied()).collect();
        for key in keys {
            self.settle(book, key, target.get(&key), cause)?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        book: usize,
        key: Key,
        target: Option<&Document>,
        cause: Option<Cause>,
    ) -> Result<(), BookError> {
        let wanted = target.map(|document| net(document.lines.iter())).unwrap_or_default();
        let posted = self.states[book].posted.get(&key).cloned().unwrap_or_default();
        if wanted == posted.net {
            return Ok(());
        }
        let (_, period, source) = key;
        let closed = self.closed.is_some_and(|closed| period <= closed);
        let adjusting = cause.is_some_and(|cause| cause.class == LateClass::AdjustingEvent)
            && self.locked.is_none_or(|locked| period > locked);
        let class = cause.map(|cause| cause.class);
        let event = match (source, cause) {
            (_, Some(cause)) => Some(self.events[cause.number as usize].event.id.clone()),
            (Source::Event(number), None) => Some(self.events[number as usize].event.id.clone()),
            (Source::Charge | Source::Release, None) => None,
        };
        if closed && !adjusting {
            return self.correct(book, key, &wanted, &posted, (event, cause));
        }
        let date = target.map_or(period.last_day(), |document| document.date);
        let about =
            |kind, reverses| Posting { period, date, kind, event: event.clone(), class, origin: None, reverses };
        let mut standing = None;
        if let Some(number) = posted.standing {
            let taken = &self.states[book].entries[number as usize - 1].lines;
            let taken = taken.iter().map(|line| Line { amount: -line.amount, ..line.clone() }).collect();
            self.post(book, key, about(EntryKind::Reversal, Some(number)), taken)?;
            if let Some(document) = target {
                standing = Some(self.post(book, key, about(document.kind, None), document.lines.clone().into_vec())?);
            }
        } else if let (true, Some(document)) = (posted.net.is_empty(), target) {
            standing = Some(self.post(book, key, about(document.kind, None), document.lines.clone().into_vec())?);
        } else {
            self.post(book, key, about(EntryKind::Correction, None), difference(&wanted, &posted.net))?;
        }
        self.keep(book, key, wanted, standing);
        Ok(())
    }

    /// A difference in a closed period goes to the first open one.
    fn correct(
        &mut self,
        book: usize,
        key: Key,
        wanted: &Net,
        posted: &Posted,
        (event, cause): (Option<String>, Option<Cause>),
    ) -> Result<(), BookError> {
        let open = self.closed.map_or(self.setup.first_period, Month::next);
        let origin = key.1;
        let mut lines = difference(wanted, &posted.net);
        let prior_year = origin.year() < open.year();
        match cause {
            Some(Cause { class: LateClass::Error, material: true, .. }) if prior_year => {
                lines = restated(lines, Account::PriorYears);
                let result: Decimal =
                    lines.iter().filter(|line| line.account == Account::PriorYears).map(|line| line.amount).sum();
                lines.push(Line { account: Account::PriorYears, amount: -result, movement: None });
                lines.push(Line { account: Account::Retained, amount: result, movement: None });
            }
            Some(Cause { class: LateClass::Policy, .. }) if prior_year => {
                lines = restated(lines, Account::Retained);
            }
            _ => {}
        }
        let posting = Posting {
            period: open,
            date: open.first_day(),
            kind: EntryKind::Correction,
            event,
            class: cause.map(|cause| cause.class),
            origin: Some(origin),
            reverses: None,
        };
        self.post(book, key, posting, lines)?;
        self.keep(book, key, wanted.clone(), None);
        Ok(())
    }

    fn keep(&mut self, book: usize, key: Key, net: Net, standing: Option<u64>) {
        self.states[book].posted.insert(key, Posted { net, standing });
    }

    fn post(&mut self, book: usize, key: Key, posting: Posting, lines: Vec<Line>) -> Result<u64, BookError> {
        let lines = crate::recognition::journal::Lines::new(posting.event.as_deref().unwrap_or_default(), lines)?;
        let entries = &mut self.states[book].entries;
        let number = entries.len() as u64 + 1;
        entries.push(Entry {
            number,
            book: self.setup.books[book].name.clone(),
            period: posting.period,
            date: posting.date,
            asset: self.of_asset[key.0 as usize].0.clone(),
            event: posting.event,
            kind: posting.kind,
            class: posting.class,
            origin_period: posting.origin,
            reverses: posting.reverses,
            lines: lines.into_vec(),
        });
        Ok(number)
    }
}

fn net<'l>(lines: impl Iterator<Item = &'l Line>) -> Net {
    let mut net = Net::new();
    for line in lines {
        *net.entry((line.account, line.movement)).or_insert(Decimal::ZERO) += line.amount;
    }
    net.retain(|_, amount| !amount.is_zero());
    net
}

fn lines(net: &Net, sign: Decimal) -> Vec<Line> {
    let line = |((account, movement), amount): (&(Account, Option<_>), &Decimal)| Line {
        account: *account,
        amount: *amount * sign,
        movement: *movement,
    };
    net.iter().map(line).collect()
}

fn difference(wanted: &Net, posted: &Net) -> Vec<Line> {
    let all = lines(wanted, Decimal::ONE).into_iter().chain(lines(posted, -Decimal::ONE)).collect::<Vec<_>>();
    lines(&net(all.iter()), Decimal::ONE)
}

/// Result accounts become `account`.
fn restated(lines: Vec<Line>, account: Account) -> Vec<Line> {
    let moved = lines.into_iter().map(|line| match line.account.of_result() {
        true => Line { account, amount: line.amount, movement: None },
        false => line,
    });
    lines_of(net(moved.collect::<Vec<_>>().iter()))
}

fn lines_of(net: Net) -> Vec<Line> {
    lines(&net, Decimal::ONE)
}
