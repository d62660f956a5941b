//! TIME and DATE: numbers, clock times, dates, and the time they make on the subject's clock.
//!
//! A number in TIME, without a DATE column, is taken as it is. Clock times and dates count from the subject's first
//! record, as NM-TRAN has it. Dates are read by column name, month first in DATE:
//!
//! | column | with separators `/` or `-` | in every column |
//! |---|---|---|
//! | DATE | 3/31/2024 | 2024-03-31, 2024/03/31, 20240331, 31.03.2024, 31MAR2024, 31-Mar-2024, or the number of a day (at most 5 digits) |
//! | DAT1 | 31/3/2024 | |
//! | DAT2 | 24/3/31 | |
//! | DAT3 | 24/31/3 | |
//!
//! Years of two digits are 2000 to 2050 and 1951 to 1999 (NM-TRAN's LAST20 = 50). Where there is no column TIME, the
//! date carries the time of day behind a blank or `T`. There are no time zones and no summer time.

use super::cell::{is_missing, number, text};
use super::fault::Fault;

const DAY_S: i64 = 86_400;

/// Order of day, month and year in a column of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// DATE.
    MonthDayYear,
    /// DAT1.
    DayMonthYear,
    /// DAT2.
    YearMonthDay,
    /// DAT3.
    YearDayMonth,
}

impl DateOrder {
    fn expected(self) -> &'static str {
        match self {
            Self::MonthDayYear => "yyyy-mm-dd, mm/dd/yyyy, dd.mm.yyyy or ddMMMyyyy",
            Self::DayMonthYear => "yyyy-mm-dd, dd/mm/yyyy, dd.mm.yyyy or ddMMMyyyy",
            Self::YearMonthDay => "yyyy-mm-dd, yy/mm/dd, dd.mm.yyyy or ddMMMyyyy",
            Self::YearDayMonth => "yyyy-mm-dd, yy/dd/mm, dd.mm.yyyy or ddMMMyyyy",
        }
    }
}

/// A point in time as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Moment {
    /// A number, in the model's unit of time.
    Number(f64),
    /// Seconds of a clock, or of a calendar, from a zero that all records share.
    Seconds(i64),
    /// A date with a number of hours.
    DayAndHours(i64, f64),
}

impl Moment {
    /// Time since the subject's first record, in units of `unit_h` hours; `None` where the two are not of one form.
    ///
    /// Whole seconds are subtracted before they become hours, so that equal differences are equal doubles.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a calendar are exact doubles")]
    pub fn since(self, first: Self, unit_h: f64) -> Option<f64> {
        let hours = |days: i64, clock_h: f64| (days as f64 * 24.0 + clock_h) / unit_h;
        Some(match (self, first) {
            (Self::Number(time), Self::Number(_)) => time,
            (Self::Seconds(now), Self::Seconds(then)) => (now - then) as f64 / (3600.0 * unit_h),
            (Self::DayAndHours(day, hour), Self::DayAndHours(first_day, first_hour)) => {
                hours(day - first_day, hour - first_hour)
            }
            (Self::Seconds(now), Self::DayAndHours(day, hour)) => hours(0, (now - day * DAY_S) as f64 / 3600.0 - hour),
            (Self::DayAndHours(day, hour), Self::Seconds(then)) => {
                hours(0, hour - (then - day * DAY_S) as f64 / 3600.0)
            }
            (Self::Number(_), _) | (_, Self::Number(_)) => return None,
        })
    }
}

/// Reads TIME where there is no column of dates.
pub(super) fn time(cell: &[u8]) -> Result<Moment, Fault> {
    if is_missing(cell) {
        return Err(Fault::ValueMissing { value: text(cell), expected: "a time" });
    }
    if cell.contains(&b':') {
        let seconds = clock(cell, i64::from(u32::MAX)).ok_or_else(|| Fault::TimeUnreadable { value: text(cell) })?;
        return Ok(Moment::Seconds(seconds));
    }
    match number(cell) {
        Ok(Some(time)) => Ok(Moment::Number(time)),
        Err(Fault::NotANumber { value }) => Err(Fault::TimeUnreadable { value }),
        Err(fault) => Err(fault),
        Ok(None) => Err(Fault::ValueMissing { value: text(cell), expected: "a time" }),
    }
}

/// Reads a date, with the cell of column TIME where there is one. The fault says in which of the two cells it lies.
pub(super) fn date_and_time(
    date_cell: &[u8],
    time_cell: Option<&[u8]>,
    order: DateOrder,
) -> Result<Moment, (InCell, Fault)> {
    let in_date = |fault| (InCell::Date, fault);
    let in_time = |fault| (InCell::Time, fault);
    let value = || text(date_cell);
    if is_missing(date_cell) {
        return Err(in_date(Fault::ValueMissing { value: value(), expected: "a date" }));
    }
    let is_digit = |at: usize| date_cell.get(at).is_some_and(u8::is_ascii_digit);
    // The T of OCT stands behind a letter; the T of a clock time stands between digits.
    let split = (1..date_cell.len()).find(|&at| match date_cell[at] {
        b' ' => true,
        b'T' => is_digit(at - 1) && is_digit(at + 1),
        _ => false,
    });
    let (date_part, time_part) = match split {
        Some(at) => (&date_cell[..at], Some(date_cell[at + 1..].trim_ascii())),
        None => (date_cell, None),
    };
    let unreadable = || in_date(Fault::DateUnreadable { value: value(), expected: order.expected() });
    let day = date(date_part, order).ok_or_else(unreadable)?;
    match (time_part, time_cell) {
        (Some(_), Some(_)) => Err(in_date(Fault::TimeTwice { value: value() })),
        (None, None) => Err(in_date(Fault::DateWithoutTime { value: value() })),
        (Some(part), None) => {
            let seconds = clock(part, 23).ok_or_else(|| in_date(Fault::NotATimeOfDay { value: value() }))?;
            Ok(Moment::Seconds(day * DAY_S + seconds))
        }
        (None, Some(cell)) if cell.contains(&b':') => {
            let seconds = clock(cell, 23).ok_or_else(|| in_time(Fault::NotATimeOfDay { value: text(cell) }))?;
            Ok(Moment::Seconds(day * DAY_S + seconds))
        }
        (None, Some(cell)) => match time(cell).map_err(in_time)? {
            Moment::Number(hours) => Ok(Moment::DayAndHours(day, hours)),
            moment => Ok(moment),
        },
    }
}

/// Which cell a fault lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InCell {
    /// The date.
    Date,
    /// The time.
    Time,
}

/// Seconds since midnight of hh:mm or hh:mm:ss.
fn clock(cell: &[u8], highest_hour: i64) -> Option<i64> {
    let mut parts = cell.split(|&byte| byte == b':');
    let hour = digits(parts.next()?)?;
    let minute = digits(parts.next()?)?;
    let second = parts.next().map_or(Some(0), digits)?;
    let legal = parts.next().is_none() && hour <= highest_hour && minute < 60 && second < 60;
    legal.then_some(hour * 3600 + minute * 60 + second)
}

/// Day number of a date.
fn date(cell: &[u8], order: DateOrder) -> Option<i64> {
    if let Some(number) = digits(cell) {
        return match cell.len() {
            0..=5 => Some(number),
            8 => day_number(number / 10_000, number / 100 % 100, number % 100),
            _ => None,
        };
    }
    if let Some(parts) = three(cell, b'.') {
        return day_number(digits(parts[2])?, digits(parts[1])?, digits(parts[0])?);
    }
    if let Some(parts) = three(cell, b'-').or_else(|| three(cell, b'/')) {
        if let Some(month) = month_of(parts[1]) {
            return day_number(digits(parts[2])?, month, digits(parts[0])?);
        }
        let [first, second, third] = [digits(parts[0])?, digits(parts[1])?, digits(parts[2])?];
        let year_first = parts[0].len() == 4;
        return match order {
            DateOrder::YearDayMonth => day_number(first, third, second),
            DateOrder::YearMonthDay => day_number(first, second, third),
            _ if year_first => day_number(first, second, third),
            DateOrder::MonthDayYear => day_number(third, first, second),
            DateOrder::DayMonthYear => day_number(third, second, first),
        };
    }
    let letters = cell.iter().position(u8::is_ascii_alphabetic)?;
    let (day, rest) = cell.split_at(letters);
    let (month, year) = rest.split_at_checked(3)?;
    day_number(digits(year)?, month_of(month)?, digits(day)?)
}

fn three(cell: &[u8], separator: u8) -> Option<[&[u8]; 3]> {
    let mut parts = cell.split(|&byte| byte == separator);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

/// A number of one to nine digits.
fn digits(part: &[u8]) -> Option<i64> {
    let legal = !part.is_empty() && part.len() <= 9 && part.iter().all(u8::is_ascii_digit);
    legal.then(|| part.iter().fold(0, |value, &byte| value * 10 + i64::from(byte - b'0')))
}

fn month_of(name: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let index = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(*month))?;
    i64::try_from(index + 1).ok()
}

/// Days from an arbitrary zero in the Gregorian calendar; `None` where the calendar has no such day.
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE_MONTH: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    let year = match year {
        0..=50 => year + 2000,
        51..=99 => year + 1900,
        _ => year,
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let index = usize::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let length = BEFORE_MONTH[index] - BEFORE_MONTH[index - 1] + i64::from(leap && month == 2);
    if !(1..=length).contains(&day) || !(1000..=9999).contains(&year) {
        return None;
    }
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400 + i64::from(leap && month > 2);
    Some(past * 365 + leap_days + BEFORE_MONTH[index - 1] + day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: DateOrder = DateOrder::MonthDayYear;

    #[test]
    fn every_form_of_a_date_means_the_same_day() {
        let expected = day_number(2024, 3, 31);
        assert!(expected.is_some());
        for cell in
            ["2024-03-31", "2024/3/31", "3/31/2024", "03-31-24", "20240331", "31.03.2024", "31MAR2024", "31-Mar-24"]
        {
            assert_eq!(date(cell.as_bytes(), DATE), expected, "{cell}");
        }
        assert_eq!(date(b"31/03/24", DateOrder::DayMonthYear), expected);
        assert_eq!(date(b"24/3/31", DateOrder::YearMonthDay), expected);
        assert_eq!(date(b"24/31/3", DateOrder::YearDayMonth), expected);
    }

    #[test]
    fn the_calendar_knows_leap_years_and_centuries() {
        let day = |year, month, day| day_number(year, month, day);
        assert_eq!(day(2024, 3, 1).zip(day(2024, 2, 28)).map(|(a, b)| a - b), Some(2));
        assert_eq!(day(2023, 3, 1).zip(day(2023, 2, 28)).map(|(a, b)| a - b), Some(1));
        assert_eq!(day(1900, 2, 29), None);
        assert!(day(2000, 2, 29).is_some());
        // The Gregorian calendar repeats after 400 years, which are 146,097 days.
        assert_eq!(day(2400, 1, 1).zip(day(2000, 1, 1)).map(|(a, b)| a - b), Some(146_097));
        assert_eq!(day(51, 1, 1), day(1951, 1, 1));
        assert_eq!(day(50, 1, 1), day(2050, 1, 1));
    }

    #[test]
    fn clock_times_count_from_the_first_record_across_midnight() {
        let first = date_and_time(b"2024-02-28", Some(b"22:30"), DATE).unwrap();
        let next = date_and_time(b"2024-02-29", Some(b"01:00"), DATE).unwrap();
        assert_eq!(next.since(first, 1.0), Some(2.5));
        assert_eq!(next.since(first, 24.0), Some(2.5 / 24.0));
        let hours = date_and_time(b"2024-02-29", Some(b"1.25"), DATE).unwrap();
        assert_eq!(hours.since(first, 1.0), Some(2.75));
        let joined = date_and_time(b"2024-02-29T01:00", None, DATE).unwrap();
        assert_eq!(joined, next);
        let october = date_and_time(b"01OCT2024 08:00", None, DATE);
        assert_eq!(october, date_and_time(b"01OCT2024", Some(b"8:00"), DATE));
    }

    #[test]
    fn numbers_stay_as_they_are_and_do_not_mix_with_clock_times() {
        let (five, half_past_eight) = (time(b"5").unwrap(), time(b"08:30").unwrap());
        assert_eq!(five.since(Moment::Number(2.0), 24.0), Some(5.0));
        assert_eq!(half_past_eight.since(five, 1.0), None);
        assert_eq!(half_past_eight.since(time(b"8:00:30").unwrap(), 1.0), Some(1770.0 / 3600.0));
    }

    #[test]
    fn what_no_clock_or_calendar_shows_is_refused() {
        assert_eq!(time(b"8:61").unwrap_err().code(), "time-unreadable");
        assert_eq!(time(b"noon").unwrap_err().code(), "time-unreadable");
        let code = |date: &str, time: Option<&str>| {
            date_and_time(date.as_bytes(), time.map(str::as_bytes), DATE).unwrap_err().1.code()
        };
        assert_eq!(code("2023-02-29", Some("8:00")), "date-unreadable");
        assert_eq!(code("31/03/2024", Some("8:00")), "date-unreadable");
        assert_eq!(code("2024-03-31", Some("24:00")), "not-a-time-of-day");
        assert_eq!(code("2024-03-31 8:00", Some("8:00")), "time-twice");
        assert_eq!(code("2024-03-31", None), "date-without-time");
    }
}
