//! A set of players.

/// Some of the players of a game, by their numbers counted from 0.
///
/// ```
/// use valuation::contribution::coalition::Coalition;
/// let mut pair = Coalition::empty(3);
/// pair.insert(2);
/// pair.insert(0);
/// assert_eq!(pair.members().collect::<Vec<_>>(), [0, 2]);
/// assert_eq!((pair.len(), pair.mask()), (2, Some(0b101)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coalition {
    players: usize,
    words: Vec<u64>,
}

impl Coalition {
    /// Nobody, of so many players.
    pub fn empty(players: usize) -> Coalition {
        Coalition { players, words: vec![0; players.div_ceil(64)] }
    }

    /// Everybody.
    pub fn grand(players: usize) -> Coalition {
        let mut all = Coalition::empty(players);
        (0..players).for_each(|player| all.insert(player));
        all
    }

    /// The coalition whose bit `i` says whether player `i` is in it; bits beyond the players are ignored.
    pub fn of_mask(players: usize, mask: u64) -> Coalition {
        let mut some = Coalition::empty(players);
        if let Some(first) = some.words.first_mut() {
            *first = if players >= 64 { mask } else { mask & ((1 << players) - 1) };
        }
        some
    }

    /// Players of the game, in the coalition or not.
    pub fn players(&self) -> usize {
        self.players
    }

    pub fn insert(&mut self, player: usize) {
        if player < self.players {
            self.words[player / 64] |= 1 << (player % 64);
        }
    }

    pub fn remove(&mut self, player: usize) {
        if player < self.players {
            self.words[player / 64] &= !(1 << (player % 64));
        }
    }

    pub fn contains(&self, player: usize) -> bool {
        self.words.get(player / 64).is_some_and(|word| word >> (player % 64) & 1 == 1)
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The members in order.
    pub fn members(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.players).filter(|player| self.contains(*player))
    }

    /// The coalition as one number; `None` where there are more than 64 players.
    pub fn mask(&self) -> Option<u64> {
        (self.players <= 64).then(|| self.words.first().copied().unwrap_or(0))
    }
}
