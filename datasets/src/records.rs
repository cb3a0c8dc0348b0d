//! The records of a block of CSV text.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::source::line_breaks;

/// Reads the records of one block, each with the line it starts on.
///
/// A record without quotes is cut where it stands; one with quotes goes through `csv-core`, whose rules the cutting follows.
pub(crate) struct Records<'b> {
    reader: Reader,
    delimiter: u8,
    rest: &'b [u8],
    line: u64,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// One record: its fields without quotes.
pub(crate) struct Record<'r> {
    /// The line it starts on.
    pub line: u64,
    pub text: &'r [u8],
    /// Where each field ends in `text`.
    pub ends: &'r [usize],
    /// Bytes between two fields in `text`: 1 for a delimiter that still stands there.
    pub gap: usize,
    /// The record as it stands in the file, without its line break.
    pub raw: &'r [u8],
    /// Nothing but blank lines follows it in the block.
    pub last: bool,
}

impl<'b> Records<'b> {
    pub fn new(text: &'b [u8], line: u64, delimiter: u8) -> Records<'b> {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Records { reader, delimiter, rest: text, line, text: vec![0; 4096], ends: vec![0; 128] }
    }

    pub fn next(&mut self) -> Option<Record<'_>> {
        self.skip_blank_lines();
        if self.rest.is_empty() {
            return None;
        }
        if let Some((fields, length, taken)) = self.cut() {
            let (line, from) = (self.line, self.rest);
            self.rest = &from[taken..];
            self.line += (taken > length) as u64;
            let (text, last) = (&from[..length], self.nothing_follows());
            return Some(Record { line, text, ends: &self.ends[..fields], gap: 1, raw: text, last });
        }
        self.reader.reset();
        let (from, mut read, mut written, mut fields) = (self.rest, 0, 0, 0);
        loop {
            // After the end of the text, an empty input tells the reader that the record ends there.
            let (result, taken, put, ended) =
                self.reader.read_record(&from[read..], &mut self.text[written..], &mut self.ends[fields..]);
            (read, written, fields) = (read + taken, written + put, fields + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
            }
        }
        let line = self.line;
        self.rest = &from[read..];
        self.line += line_breaks(&from[..read]);
        // The reader stops between the two bytes of a Windows line break.
        if from[..read].ends_with(b"\r") && self.rest.starts_with(b"\n") {
            self.rest = &self.rest[1..];
            self.line += 1;
        }
        let raw = &from[..read];
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let last = self.nothing_follows();
        Some(Record { line, text: &self.text[..written], ends: &self.ends[..fields], gap: 0, raw, last })
    }

    /// The number of fields, the length, and the length with the line break of the next record, where it has no quotes.
    fn cut(&mut self) -> Option<(usize, usize, usize)> {
        let mut fields = 0;
        for (index, byte) in self.rest.iter().copied().enumerate() {
            if byte != self.delimiter && !matches!(byte, b'"' | b'\n' | b'\r') {
                continue;
            }
            if byte == b'"' || fields == self.ends.len() {
                return None;
            }
            self.ends[fields] = index;
            fields += 1;
            match byte {
                b'\n' => return Some((fields, index, index + 1)),
                b'\r' if self.rest.get(index + 1) == Some(&b'\n') => return Some((fields, index, index + 2)),
                // A record that ends with a lone carriage return is rare enough for the slow way.
                b'\r' => return None,
                _ => {}
            }
        }
        // The last line of the file, without a line break.
        let length = self.rest.len();
        *self.ends.get_mut(fields)? = length;
        Some((fields + 1, length, length))
    }

    fn nothing_follows(&self) -> bool {
        self.rest.iter().all(|byte| matches!(byte, b'\n' | b'\r'))
    }

    /// How many bytes are not read yet, and the line they start on.
    pub fn position(&self) -> (usize, u64) {
        (self.rest.len(), self.line)
    }

    fn skip_blank_lines(&mut self) {
        while let [first @ (b'\n' | b'\r'), rest @ ..] = self.rest {
            self.line += (*first == b'\n') as u64;
            self.rest = rest;
        }
    }
}
