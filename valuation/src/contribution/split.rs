//! From values to payments that sum to the till.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::contribution::error::ContributionError;
use crate::contribution::statement::{Line, Reason, Split, Statement};
use crate::contribution::till::{Agreement, NegativeRule, Number, SplitRequest};
use crate::money::Currency;

/// Divides the till.
///
/// 1. Statutory shares and agreements are taken off the till, each rounded to the unit (half away from zero).
/// 2. The rest is divided in proportion to the values, within floors and caps: `clamp(λ·value, floor, cap)` with the one λ at
///    which all of it is given away.
/// 3. Each part is rounded down to the unit; the units left over go one each to the largest remainders (of equals first to the
///    larger value, then by name). So payments sum to the till exactly.
/// 4. `multiple` standard errors of each payment are held back; what is due now is the payment less what is held and less what
///    was paid before. As the errors shrink, the next split releases it.
///
/// # Errors
/// A till or an amount that is not payable in the unit; negative values without a rule; floors above the rest or caps below it
/// (which, and by how much); nobody with a positive value; names that are no owner's.
///
/// Source: largest remainder method (Hamilton 1792; Balinski and Young 1982, *Fair representation*).
///
/// ```
/// use valuation::contribution::{split::split, till::SplitRequest};
/// let request: SplitRequest = serde_json::from_str(
///     r#"{"till": {"amount": "100.00", "currency": "CNY"}, "values": {"甲": 1, "乙": 1, "丙": 1}}"#,
/// )?;
/// let done = split(&request)?;
/// let paid: Vec<String> = done.payments.values().map(|money| money.amount().to_string()).collect();
/// // Equal remainders and values: the cent goes to the first name.
/// assert_eq!(paid, ["33.34", "33.33", "33.33"]);
/// assert_eq!(done.total.amount().to_string(), "100.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn split(request: &SplitRequest) -> Result<Split, ContributionError> {
    let terms = Terms::of(request)?;
    let mut statements: Vec<Statement> = Vec::new();
    let mut rest = terms.till;
    for (index, statutory) in request.statutory.iter().enumerate() {
        let share = terms.fraction(statutory.share, &format!("statutory[{index}].share"))?;
        let amount = terms.rounded(terms.till * share);
        rest -= amount;
        let reason = Reason::Statutory { share: statutory.share.0, document: statutory.document.clone() };
        statements.push(Statement::new(&statutory.party, None, amount, reason));
    }
    for (index, agreement) in request.agreements.iter().enumerate() {
        let amount = terms.agreed(agreement, index)?;
        rest -= amount;
        let reason = Reason::Agreement {
            document: agreement.document.clone(),
            agreed_on: agreement.agreed_on,
            reason: agreement.reason.clone(),
            by_value: terms.by_value(&agreement.owner),
        };
        statements.push(Statement::new(&agreement.owner, terms.value(&agreement.owner), amount, reason));
    }
    if rest < Decimal::ZERO {
        return Err(infeasible("statutory", "statutory", terms.till - rest, terms.till));
    }
    let owners = terms.owners(request)?;
    if !owners.is_empty() || rest > Decimal::ZERO {
        statements.extend(divided(&terms, owners, rest)?);
    }
    terms.hold_back(request, &mut statements, rest)?;
    Ok(Split::of(request, terms.currency, statements))
}

fn infeasible(field: &str, constraint: &str, bound: Decimal, till: Decimal) -> ContributionError {
    ContributionError::SplitInfeasible {
        field: field.to_owned(),
        constraint: constraint.to_owned(),
        bound: bound.normalize().to_string(),
        till: till.normalize().to_string(),
        difference: (bound - till).abs().normalize().to_string(),
    }
}

/// An owner who is paid by value.
struct Owner<'a> {
    name: &'a str,
    /// As given, and as it counts.
    given: Decimal,
    value: Decimal,
    floor: Decimal,
    cap: Option<Decimal>,
}

/// The request, checked.
struct Terms<'a> {
    currency: Currency,
    till: Decimal,
    unit: Decimal,
    values: &'a BTreeMap<String, Number>,
    total: Decimal,
}

impl<'a> Terms<'a> {
    fn of(request: &'a SplitRequest) -> Result<Terms<'a>, ContributionError> {
        let currency = request.till.currency();
        let minor = Decimal::new(1, currency.minor_places());
        let unit = request.unit.map_or(minor, |unit| unit.0);
        if unit <= Decimal::ZERO || !(unit % minor).is_zero() {
            return Err(ContributionError::game("unit", format!("{unit} / {minor}")));
        }
        let till = request.till.amount();
        if till < Decimal::ZERO || !(till % unit).is_zero() {
            return Err(ContributionError::game("till", format!("{till} / {unit}")));
        }
        let (values, field) = match (request.values.is_empty(), request.shares.is_empty()) {
            (false, true) => (&request.values, "values"),
            (true, false) => (&request.shares, "shares"),
            _ => return Err(ContributionError::game("values", "either `values` or `shares`")),
        };
        if let Some((name, value)) = values.iter().find(|(_, value)| value.0.abs() >= Decimal::from(10_u64.pow(18))) {
            return Err(ContributionError::game(&format!("{field}.{name}"), value.0));
        }
        let total: Decimal = values.values().map(|value| value.0).sum();
        if field == "shares" && (total - Decimal::ONE).abs() > Decimal::new(1, 9) {
            return Err(ContributionError::game("shares", format!("Σ = {total}")));
        }
        let owner = |name: &String| values.contains_key(name);
        let named = [
            ("floors", request.floors.keys().collect::<Vec<_>>()),
            ("caps", request.caps.keys().collect()),
            ("std_error", request.std_error.keys().collect()),
        ];
        for (field, names) in named {
            if let Some(name) = names.into_iter().find(|name| !owner(name)) {
                let nearest = crate::case::read::nearest(name, values.keys().map(String::as_str));
                return Err(ContributionError::UnknownPlayer { field: field.to_owned(), name: name.clone(), nearest });
            }
        }
        Ok(Terms { currency, till, unit, values, total })
    }

    fn value(&self, owner: &str) -> Option<Decimal> {
        self.values.get(owner).map(|value| value.0)
    }

    /// What an owner would have got by value alone, to the unit; `None` where that has no meaning.
    fn by_value(&self, owner: &str) -> Option<Decimal> {
        let value = self.value(owner)?;
        (self.total > Decimal::ZERO).then(|| self.rounded(self.till * (value / self.total)))
    }

    fn rounded(&self, amount: Decimal) -> Decimal {
        (amount / self.unit).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero) * self.unit
    }

    fn fraction(&self, share: Number, field: &str) -> Result<Decimal, ContributionError> {
        if share.0 < Decimal::ZERO || share.0 > Decimal::ONE {
            return Err(ContributionError::game(field, format!("{} ∉ [0, 1]", share.0)));
        }
        Ok(share.0)
    }

    fn agreed(&self, agreement: &Agreement, index: usize) -> Result<Decimal, ContributionError> {
        let field = format!("agreements[{index}]");
        match (agreement.share, agreement.amount) {
            (Some(share), None) => Ok(self.rounded(self.till * self.fraction(share, &format!("{field}.share"))?)),
            (None, Some(amount)) if amount.0 >= Decimal::ZERO && (amount.0 % self.unit).is_zero() => Ok(amount.0),
            (None, Some(amount)) => {
                Err(ContributionError::game(&format!("{field}.amount"), format!("{} / {}", amount.0, self.unit)))
            }
            _ => Err(ContributionError::game(&field, "either `share` or `amount`")),
        }
    }

    /// The owners who are paid by value.
    fn owners(&self, request: &'a SplitRequest) -> Result<Vec<Owner<'a>>, ContributionError> {
        let agreed = |name: &str| request.agreements.iter().any(|agreement| agreement.owner == name);
        let mut owners = Vec::new();
        for (name, given) in self.values.iter().filter(|(name, _)| !agreed(name)) {
            let up = |amount: &Number| (amount.0 / self.unit).ceil() * self.unit;
            let down = |amount: &Number| (amount.0 / self.unit).floor() * self.unit;
            let floor = request.floors.get(name).map_or(Decimal::ZERO, up);
            let cap = request.caps.get(name).map(down);
            if floor < Decimal::ZERO || cap.is_some_and(|cap| cap < floor) {
                let what = format!("{floor} > {}", cap.unwrap_or_default());
                return Err(ContributionError::game(&format!("caps.{name}"), what));
            }
            owners.push(Owner { name, given: given.0, value: given.0, floor, cap });
        }
        let negative: Vec<&str> = owners.iter().filter(|o| o.value < Decimal::ZERO).map(|o| o.name).collect();
        if !negative.is_empty() {
            match request.negative {
                None => {
                    let owners = negative.join(", ");
                    return Err(ContributionError::NegativeWithoutRule { field: "negative".to_owned(), owners });
                }
                Some(NegativeRule::Zero) => owners.iter_mut().for_each(|o| o.value = o.value.max(Decimal::ZERO)),
                Some(NegativeRule::Charge) if request.floors.is_empty() && request.caps.is_empty() => {}
                Some(NegativeRule::Charge) => {
                    return Err(ContributionError::game("negative", "`charge` with floors or caps"));
                }
            }
        }
        Ok(owners)
    }

    fn hold_back(
        &self,
        request: &SplitRequest,
        statements: &mut [Statement],
        rest: Decimal,
    ) -> Result<(), ContributionError> {
        let counted: Decimal = statements.iter().filter(|s| s.by_value()).filter_map(|s| s.counted).sum();
        for statement in statements.iter_mut() {
            if let Some(paid) = request.paid_before.get(&statement.party) {
                statement.paid_before = paid.0;
            }
            let Some(holdback) = request.holdback.as_ref().filter(|_| statement.by_value()) else { continue };
            if holdback.multiple.0 < Decimal::ZERO {
                return Err(ContributionError::game("holdback.multiple", holdback.multiple.0));
            }
            let Some(error) = request.std_error.get(&statement.party) else {
                return Err(ContributionError::game("std_error", format!("`{}`", statement.party)));
            };
            if counted > Decimal::ZERO && statement.payment > Decimal::ZERO {
                let uncertain = self.rounded(rest * (holdback.multiple.0 * error.0 / counted));
                statement.held = uncertain.min(statement.payment).max(Decimal::ZERO);
                if statement.held > Decimal::ZERO {
                    let reason = Reason::Held { multiple: holdback.multiple.0, reason: holdback.reason.clone() };
                    statement.reasons.push(reason);
                }
            }
        }
        Ok(())
    }
}

/// The rest divided by value within floors and caps, to the unit.
fn divided(terms: &Terms, owners: Vec<Owner>, rest: Decimal) -> Result<Vec<Statement>, ContributionError> {
    let floors: Decimal = owners.iter().map(|owner| owner.floor).sum();
    if floors > rest {
        return Err(infeasible("floors", "floors", floors, rest));
    }
    if owners.iter().all(|owner| owner.cap.is_some()) {
        let caps: Decimal = owners.iter().filter_map(|owner| owner.cap).sum();
        if caps < rest {
            return Err(infeasible("caps", "caps", caps, rest));
        }
    }
    let lines = within_bounds(&owners, rest)?;
    let mut paid: Vec<Decimal> = lines.iter().map(|line| (line.exact / terms.unit).floor() * terms.unit).collect();
    let mut order: Vec<usize> = (0..owners.len()).collect();
    let remainder = |at: usize, paid: &[Decimal]| lines[at].exact - paid[at];
    order.sort_by(|a, b| {
        let by_remainder = remainder(*b, &paid).cmp(&remainder(*a, &paid));
        by_remainder.then(owners[*b].value.cmp(&owners[*a].value)).then(a.cmp(b))
    });
    let mut left = rest - paid.iter().sum::<Decimal>();
    let mut extra = vec![false; owners.len()];
    for at in order.iter().cycle().take(owners.len() * 2) {
        if left < terms.unit {
            break;
        }
        if owners[*at].cap.is_none_or(|cap| paid[*at] + terms.unit <= cap) {
            paid[*at] += terms.unit;
            left -= terms.unit;
            extra[*at] = true;
        }
    }
    let statements = owners.iter().zip(&lines).zip(paid).zip(extra).map(|(((owner, line), paid), extra)| {
        let mut statement = Statement::new(owner.name, Some(owner.given), paid, line.reason.clone());
        statement.counted = Some(owner.value);
        statement.exact = Some(line.exact);
        if owner.value != owner.given {
            statement.reasons.push(Reason::NegativeAsZero);
        } else if owner.value < Decimal::ZERO {
            statement.reasons.push(Reason::Charged);
        }
        if extra {
            statement.reasons.push(Reason::Remainder { unit: terms.unit });
        }
        statement
    });
    Ok(statements.collect())
}

/// `clamp(λ·value, floor, cap)` with the λ at which the parts sum to `rest`.
///
/// In each round those on one side of their bounds, the side that is missed by more, are set to them for good.
fn within_bounds(owners: &[Owner], rest: Decimal) -> Result<Vec<Line>, ContributionError> {
    let mut set: Vec<Option<Line>> = vec![None; owners.len()];
    loop {
        let fixed: Decimal = set.iter().flatten().map(|line| line.exact).sum();
        let free: Decimal = owners.iter().zip(&set).filter(|(_, set)| set.is_none()).map(|(o, _)| o.value).sum();
        let left = rest - fixed;
        if free <= Decimal::ZERO && left != Decimal::ZERO {
            return Err(ContributionError::NothingToSplitBy { field: "values".to_owned() });
        }
        let part = |owner: &Owner| if free.is_zero() { Decimal::ZERO } else { left * (owner.value / free) };
        let (mut below, mut above) = (Decimal::ZERO, Decimal::ZERO);
        for (owner, _) in owners.iter().zip(&set).filter(|(_, set)| set.is_none()) {
            let part = part(owner);
            if owner.value >= Decimal::ZERO {
                below += (owner.floor - part).max(Decimal::ZERO);
            }
            above += owner.cap.map_or(Decimal::ZERO, |cap| (part - cap).max(Decimal::ZERO));
        }
        if below.is_zero() && above.is_zero() {
            let line = |owner: &Owner| Line { exact: part(owner), reason: Reason::ByValue };
            return Ok(owners.iter().zip(set).map(|(owner, set)| set.unwrap_or_else(|| line(owner))).collect());
        }
        for (owner, set) in owners.iter().zip(&mut set).filter(|(_, set)| set.is_none()) {
            let part = part(owner);
            match owner.cap {
                _ if below >= above && owner.value >= Decimal::ZERO && part < owner.floor => {
                    *set = Some(Line { exact: owner.floor, reason: Reason::Floor { floor: owner.floor } });
                }
                Some(cap) if below < above && part > cap => {
                    *set = Some(Line { exact: cap, reason: Reason::Cap { cap } });
                }
                _ => {}
            }
        }
    }
}
