//! A chain as it stands, for exports and backups, and a chain put back.

use super::audit::Link;
use super::sql::{self, RecordRow};
use super::{Kind, Record, Register, RegisterError, anchor};

/// One place of a chain: its link and its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub link: Link,
    pub row: RecordRow,
}

impl Register {
    /// Records of `kind` in the order of the chain, superseded ones as well, after place `after`.
    pub async fn history(
        &self,
        organisation: &str,
        kind: Kind,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Record>, RegisterError> {
        let mut lent = self.pool.lend().await.map_err(|c| self.said(c))?;
        let rows = sql::history(&mut lent.connection(), organisation, kind.key(), after, limit).await;
        rows.map_err(|c| self.said(c))?.into_iter().map(|row| self.read(row)).collect()
    }

    /// The end of a chain.
    pub async fn head(&self, organisation: &str) -> Result<Option<Link>, RegisterError> {
        let mut lent = self.pool.lend().await.map_err(|c| self.said(c))?;
        sql::head(&mut lent.connection(), organisation).await.map_err(|c| self.said(c))
    }

    /// Up to `limit` places of a chain after place `after`.
    ///
    /// Errors: `register_damaged` where a place lacks its link or its record.
    pub async fn places(&self, organisation: &str, after: i64, limit: i64) -> Result<Vec<Kept>, RegisterError> {
        let mut lent = self.pool.lend().await.map_err(|c| self.said(c))?;
        let links = sql::links(&mut lent.connection(), organisation, after, limit).await;
        let links = links.map_err(|c| self.said(c))?;
        let rows = sql::records_by_number(&mut lent.connection(), organisation, after, limit).await;
        let rows = rows.map_err(|c| self.said(c))?;
        links
            .into_iter()
            .map(|link| match rows.iter().find(|row| row.number == link.number) {
                Some(row) => Ok(Kept { row: row.clone(), link }),
                None => {
                    let what = format!("{organisation} #{}", link.number);
                    Err(RegisterError::Damaged { file: self.file.clone(), what })
                }
            })
            .collect()
    }

    /// Puts places back as they were, in one transaction; for a register that is being restored.
    pub async fn put_back(&self, organisation: &str, places: &[Kept]) -> Result<(), RegisterError> {
        let _held = anchor::hold(&self.dir).await?;
        let mut writing = self.pool.begin(organisation).await.map_err(|c| self.said(c))?;
        for place in places {
            let mut connection = writing.connection();
            sql::insert_record(&mut connection, &place.row).await.map_err(|c| self.said(c))?;
            sql::insert_link(&mut connection, organisation, &place.link).await.map_err(|c| self.said(c))?;
        }
        anchor::Anchor::open(&self.dir)?;
        writing.commit().await.map_err(|c| self.said(c))?;
        match places.last() {
            Some(last) => anchor::Anchor::moved(&self.dir, organisation, &last.link),
            None => Ok(()),
        }
    }
}
