//! What the service knows of those at its doors: sessions, failed attempts, the one-time link. Nothing of it is recorded.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::refusal::Refusal;
use crate::whole::sha256;

/// A session ends after so long without a request.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after so long in any case.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// After so many wrong passwords in a row a name is locked.
const ATTEMPTS: u32 = 5;
/// For so long.
const LOCKED: Duration = Duration::from_secs(15 * 60);

/// Sessions by the hash of their secret, failures by name, and the code of the one-time link.
#[derive(Default)]
pub struct Doors {
    sessions: Mutex<HashMap<String, Session>>,
    failures: Mutex<BTreeMap<String, Failures>>,
    setup: Mutex<Option<String>>,
}

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct Session {
    pub organisation: String,
    pub person: String,
    /// What a request that changes something sends beside the cookie.
    pub csrf: String,
    began: Instant,
    seen: Instant,
}

struct Failures {
    count: u32,
    last: Instant,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 244 random bits, in hexadecimal.
pub fn secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

impl Doors {
    /// Begins a session; its secret goes into the cookie.
    pub fn begin(&self, organisation: &str, person: &str) -> (String, Session) {
        let (cookie, now) = (secret(), Instant::now());
        let session = Session {
            organisation: organisation.to_owned(),
            person: person.to_owned(),
            csrf: secret(),
            began: now,
            seen: now,
        };
        let mut sessions = held(&self.sessions);
        sessions.retain(|_, session| session.alive(now));
        sessions.insert(sha256(cookie.as_bytes()), session.clone());
        (cookie, session)
    }

    /// The session of a cookie, where it has not ended.
    pub fn session(&self, cookie: &str) -> Option<Session> {
        let now = Instant::now();
        let mut sessions = held(&self.sessions);
        let session = sessions.get_mut(&sha256(cookie.as_bytes())).filter(|session| session.alive(now))?;
        session.seen = now;
        Some(session.clone())
    }

    pub fn end(&self, cookie: &str) {
        held(&self.sessions).remove(&sha256(cookie.as_bytes()));
    }

    /// Refuses a name that failed too often.
    ///
    /// Errors: `too_many_attempts`.
    pub fn may_try(&self, name: &str) -> Result<(), Refusal> {
        let failures = held(&self.failures);
        let Some(failed) = failures.get(name).filter(|failed| failed.count >= ATTEMPTS) else { return Ok(()) };
        match LOCKED.checked_sub(failed.last.elapsed()) {
            Some(left) => Err(Refusal::TooManyAttempts { seconds: left.as_secs().max(1) }),
            None => Ok(()),
        }
    }

    pub fn failed(&self, name: &str) {
        let mut failures = held(&self.failures);
        failures.retain(|_, failed| failed.last.elapsed() < LOCKED);
        let failed = failures.entry(name.to_owned()).or_insert(Failures { count: 0, last: Instant::now() });
        failed.count += 1;
        failed.last = Instant::now();
    }

    pub fn succeeded(&self, name: &str) {
        held(&self.failures).remove(name);
    }

    /// Makes the code of a one-time link.
    pub fn offer_setup(&self) -> String {
        let code = secret();
        *held(&self.setup) = Some(sha256(code.as_bytes()));
        code
    }

    /// Whether `code` is that of the link; it is not taken away.
    pub fn fits_setup(&self, code: &str) -> bool {
        held(&self.setup).as_deref() == Some(sha256(code.as_bytes()).as_str())
    }

    /// The link has served.
    pub fn close_setup(&self) {
        *held(&self.setup) = None;
    }
}

impl Session {
    fn alive(&self, now: Instant) -> bool {
        now.duration_since(self.seen) < IDLE && now.duration_since(self.began) < LONGEST
    }
}
