//! Several books from the same events: acts in the order of recording, entries that are only ever added.
//!
//! What a book ought to say of an asset follows from the asset's events ([`super::holding::trace`]). A run compares that with
//! what is posted and adds the difference: in an open period a reversal and a new entry, for a closed period a correction that
//! its late event classifies. So the ledger of a prefix of the acts is a prefix of the ledger: what was known at a moment
//! stays what was known then.

mod sync;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::recognition::account::{Account, Movement};
use crate::recognition::criteria::Framework;
use crate::recognition::error::BookError;
use crate::recognition::event::{BookEvent, Happening, LateClass};
use crate::recognition::holding::{Placed, Rules, Trace, trace};
use crate::recognition::journal::{Entry, Source};
use crate::recognition::measure;
use crate::recognition::month::Month;

/// One entity's books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookSetup {
    /// Made by the caller.
    pub id: String,
    pub entity: String,
    pub currency: Currency,
    pub first_period: Month,
    pub books: Vec<BookRules>,
}

/// One book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookRules {
    pub name: String,
    pub framework: Framework,
    /// Nothing spent before this day is capitalised: 2024-01-01 under 财会〔2023〕11号, which is applied prospectively.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capitalise_not_before: Option<NaiveDate>,
}

/// A step in the life of the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Record(Box<BookEvent>),
    /// Posts every period up to this one.
    Run(Month),
    /// Posts and closes the next period.
    Close(Month),
    /// Bars closed periods up to this one from adjusting events as well.
    Lock(Month),
}

#[derive(Clone, Debug)]
struct Known {
    event: BookEvent,
    /// The day it takes effect: later than its own for a late change of estimate.
    on: NaiveDate,
    /// Recorded after its period was closed.
    late: Option<LateClass>,
    replaces: Option<u32>,
}

/// Key of what is posted: asset, the period it belongs to, its reason.
type Key = (u32, Month, Source);
type Net = BTreeMap<(Account, Option<Movement>), Decimal>;

#[derive(Clone, Debug, Default)]
struct Posted {
    net: Net,
    /// The entry that says all of it, where one does.
    standing: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct State {
    entries: Vec<Entry>,
    posted: BTreeMap<Key, Posted>,
}

/// The books as they stand after some acts.
#[derive(Clone, Debug)]
pub struct Ledger {
    setup: BookSetup,
    events: Vec<Known>,
    ids: BTreeMap<String, u32>,
    assets: BTreeMap<String, u32>,
    /// Event numbers of each asset, in the order of recording.
    of_asset: Vec<(String, Vec<u32>)>,
    states: Vec<State>,
    /// Late events whose corrections are not posted yet.
    pending: Vec<u32>,
    through: Option<Month>,
    closed: Option<Month>,
    locked: Option<Month>,
}

impl Ledger {
    /// Empty books.
    ///
    /// Errors: `book_missing` without a book, `book_already` for two of one name.
    pub fn open(setup: BookSetup) -> Result<Ledger, BookError> {
        if setup.books.is_empty() {
            return Err(BookError::Missing { event: setup.id, name: "books".to_owned() });
        }
        for (index, book) in setup.books.iter().enumerate() {
            if setup.books[..index].iter().any(|other| other.name == book.name) {
                let (event, asset) = (setup.id.clone(), book.name.clone());
                return Err(BookError::Already { event, asset, state: "books".to_owned() });
            }
        }
        let states = vec![State::default(); setup.books.len()];
        Ok(Ledger {
            setup,
            events: Vec::new(),
            ids: BTreeMap::new(),
            assets: BTreeMap::new(),
            of_asset: Vec::new(),
            states,
            pending: Vec::new(),
            through: None,
            closed: None,
            locked: None,
        })
    }

    /// The ledger after `acts`.
    pub fn replay<'a>(setup: BookSetup, acts: impl IntoIterator<Item = &'a Act>) -> Result<Ledger, BookError> {
        let mut ledger = Ledger::open(setup)?;
        for act in acts {
            ledger.apply(act)?;
        }
        Ok(ledger)
    }

    /// Takes one act; nothing changes where it is refused. The answer counts the entries added, book by book.
    pub fn apply(&mut self, act: &Act) -> Result<Vec<u64>, BookError> {
        let before: Vec<u64> = self.states.iter().map(|state| state.entries.len() as u64).collect();
        match act {
            Act::Record(event) => self.record(event)?,
            Act::Run(through) => self.run(*through)?,
            Act::Close(period) => self.close(*period)?,
            Act::Lock(period) => self.lock(*period)?,
        }
        Ok(self.states.iter().zip(before).map(|(state, before)| state.entries.len() as u64 - before).collect())
    }

    fn record(&mut self, event: &BookEvent) -> Result<(), BookError> {
        if let Some(&known) = self.ids.get(&event.id) {
            return match self.events[known as usize].event == *event {
                true => Ok(()),
                false => Err(BookError::OtherBody { event: event.id.clone() }),
            };
        }
        self.check(event)?;
        let replaces = self.replaced(event)?;
        let (on, late) = self.placed(event, replaces)?;
        let number = self.events.len() as u32;
        let known = Known { event: event.clone(), on, late, replaces };
        // The events of the asset, this one among them, must make sense in every book it concerns.
        let numbers = self.assets.get(&event.asset).map(|asset| self.of_asset[*asset as usize].1.clone());
        let numbers = numbers.unwrap_or_default();
        for book in &self.setup.books {
            let mut placed = self.placed_events(&numbers, &book.name);
            placed.retain(|placed| Some(placed.number) != replaces);
            if concerns(event, &book.name) {
                placed.push(Placed { number, on, event });
            }
            placed.sort_by_key(|placed| (placed.on, placed.number));
            let through = placed.last().map_or(self.setup.first_period, |last| Month::of(last.on));
            trace(&placed, self.rules(book), through)?;
        }
        let next = self.of_asset.len() as u32;
        let asset = *self.assets.entry(event.asset.clone()).or_insert(next);
        if asset == next {
            self.of_asset.push((event.asset.clone(), Vec::new()));
        }
        self.of_asset[asset as usize].1.push(number);
        self.ids.insert(event.id.clone(), number);
        if late.is_some() {
            self.pending.push(number);
        }
        self.events.push(known);
        Ok(())
    }

    /// What can be said of an event by itself.
    fn check(&self, event: &BookEvent) -> Result<(), BookError> {
        let id = &event.id;
        for (field, money) in measure::amounts(&event.event) {
            measure::amount(id, &field, money, self.setup.currency)?;
        }
        measure::check_accounts(event)?;
        if let Happening::Use(used) = &event.event
            && used.units < Decimal::ZERO
        {
            let (event, value) = (id.clone(), used.units.to_string());
            return Err(BookError::Amount { event, field: "units".to_owned(), value });
        }
        let known = || self.setup.books.iter().map(|book| book.name.as_str()).collect::<Vec<_>>().join(", ");
        for name in &event.books {
            if !self.setup.books.iter().any(|book| book.name == *name) {
                let (event, what) = (id.clone(), "book".to_owned());
                return Err(BookError::Unknown { event, what, name: name.clone(), known: known() });
            }
        }
        let period = Month::of(event.on);
        if period < self.setup.first_period {
            let (event, first) = (id.clone(), self.setup.first_period.to_string());
            return Err(BookError::TooEarly { event, period: period.to_string(), first });
        }
        Ok(())
    }

    /// The number of the event that this one stands in for.
    fn replaced(&self, event: &BookEvent) -> Result<Option<u32>, BookError> {
        let withdrawal = matches!(event.event, Happening::Withdrawal(_));
        let Some(old) = &event.replaces else {
            return match withdrawal {
                true => Err(BookError::Missing { event: event.id.clone(), name: "replaces".to_owned() }),
                false => Ok(None),
            };
        };
        let found = self.ids.get(old).copied().filter(|&n| self.events[n as usize].event.asset == event.asset);
        let gone = |n: &u32| self.events.iter().any(|known| known.replaces == Some(*n));
        match found {
            Some(number) if gone(&number) => {
                let (event, asset) = (event.id.clone(), old.clone());
                Err(BookError::Already { event, asset, state: "replaced".to_owned() })
            }
            Some(number) => Ok(Some(number)),
            None => {
                let (event, what, known) = (event.id.clone(), "event".to_owned(), event.asset.clone());
                Err(BookError::Unknown { event, what, name: old.clone(), known })
            }
        }
    }

    /// When an event takes effect, and how it is classified where its period is closed.
    fn placed(&self, event: &BookEvent, replaces: Option<u32>) -> Result<(NaiveDate, Option<LateClass>), BookError> {
        // What it replaces is taken back where it stood.
        let old = replaces.map(|number| Month::of(self.events[number as usize].on));
        let period = old.into_iter().fold(Month::of(event.on), Month::min);
        let (Some(closed), id) = (self.closed, event.id.clone()) else { return Ok((event.on, None)) };
        if period > closed {
            return Ok((event.on, None));
        }
        let Some(late) = &event.late else {
            return Err(BookError::Unclassified { event: id, period: period.to_string() });
        };
        match late.class {
            LateClass::Estimate if replaces.is_none() => Ok((closed.next().first_day(), Some(late.class))),
            LateClass::AdjustingEvent if self.locked.is_some_and(|locked| period <= locked) => {
                Err(BookError::Locked { event: id, period: period.to_string() })
            }
            class => Ok((event.on, Some(class))),
        }
    }

    fn rules<'a>(&self, book: &'a BookRules) -> Rules<'a> {
        Rules {
            book: &book.name,
            framework: book.framework,
            currency: self.setup.currency,
            capitalise_not_before: book.capitalise_not_before,
        }
    }

    fn placed_events(&self, numbers: &[u32], book: &str) -> Vec<Placed<'_>> {
        let gone: Vec<u32> = numbers.iter().filter_map(|&n| self.events[n as usize].replaces).collect();
        let mut placed: Vec<Placed<'_>> = numbers
            .iter()
            .filter(|number| !gone.contains(number))
            .map(|&number| (number, &self.events[number as usize]))
            .filter(|(_, known)| concerns(&known.event, book))
            .map(|(number, known)| Placed { number, on: known.on, event: &known.event })
            .collect();
        placed.sort_by_key(|placed| (placed.on, placed.number));
        placed
    }

    fn close(&mut self, period: Month) -> Result<(), BookError> {
        let expected = self.closed.map_or(self.setup.first_period, Month::next);
        if period != expected {
            return Err(BookError::PeriodOrder { period: period.to_string(), expected: expected.to_string() });
        }
        self.run(period)?;
        self.closed = Some(period);
        Ok(())
    }

    fn lock(&mut self, period: Month) -> Result<(), BookError> {
        match self.closed {
            Some(closed) if period <= closed => {
                self.locked = self.locked.max(Some(period));
                Ok(())
            }
            closed => {
                let expected = closed.map_or_else(|| "—".to_owned(), |closed| closed.to_string());
                Err(BookError::PeriodOrder { period: period.to_string(), expected })
            }
        }
    }

    pub fn setup(&self) -> &BookSetup {
        &self.setup
    }

    /// Every event, in the order of recording.
    pub fn events(&self) -> impl Iterator<Item = &BookEvent> {
        self.events.iter().map(|known| &known.event)
    }

    /// The event called `id`.
    pub fn event(&self, id: &str) -> Option<&BookEvent> {
        self.ids.get(id).map(|number| &self.events[*number as usize].event)
    }

    /// Names of the assets, in the order of their first events.
    pub fn assets(&self) -> impl Iterator<Item = &str> {
        self.of_asset.iter().map(|(name, _)| name.as_str())
    }

    /// The number of a book.
    ///
    /// Errors: `book_unknown`.
    pub fn book(&self, name: &str) -> Result<usize, BookError> {
        self.setup.books.iter().position(|book| book.name == name).ok_or_else(|| {
            let known = self.setup.books.iter().map(|book| book.name.as_str()).collect::<Vec<_>>().join(", ");
            let (event, what) = (self.setup.id.clone(), "book".to_owned());
            BookError::Unknown { event, what, name: name.to_owned(), known }
        })
    }

    /// Posted entries of a book, in the order of posting.
    pub fn entries(&self, book: usize) -> &[Entry] {
        &self.states[book].entries
    }

    /// The last period closed.
    pub fn closed(&self) -> Option<Month> {
        self.closed
    }

    pub fn locked(&self) -> Option<Month> {
        self.locked
    }

    /// The last period posted.
    pub fn through(&self) -> Option<Month> {
        self.through
    }

    /// Balance of every account with entries, periods up to `through`; a debit is positive.
    pub fn balances(&self, book: usize, through: Month) -> BTreeMap<Account, Decimal> {
        let mut balances = BTreeMap::new();
        for entry in self.states[book].entries.iter().filter(|entry| entry.period <= through) {
            for line in &entry.lines {
                *balances.entry(line.account).or_insert(Decimal::ZERO) += line.amount;
            }
        }
        balances
    }

    /// What the events known now make of an asset up to `through`.
    pub fn asset(&self, book: usize, asset: &str, through: Month) -> Result<Trace, BookError> {
        let numbers = self.assets.get(asset).map(|number| self.of_asset[*number as usize].1.as_slice());
        let rules = &self.setup.books[book];
        let placed = self.placed_events(numbers.unwrap_or_default(), &rules.name);
        trace(&placed, self.rules(rules), through)
    }
}

fn concerns(event: &BookEvent, book: &str) -> bool {
    event.books.is_empty() || event.books.iter().any(|name| name == book)
}
