"""Runs test modules of CPython inside a guest and records the outcome of each test, one JSON object per line.

Usage: cpython_test_runner.py RECORD MODULE

A line is written when a test begins and another when it ends, so that the record shows where a guest crashed.
"""

import json
import os
import sys
import unittest
import warnings

# In order of severity. The worst outcome of a test, such as those of its subtests, is recorded.
SEVERITY = ["passed", "skipped", "expected failure", "unexpected success", "failed", "error"]


class Recorder(unittest.TestResult):
  def __init__(self, record):
    super().__init__()
    self.record = record
    self.outcome = None
    self.detail = ""

  def write(self, **entry):
    self.record.write(json.dumps(entry) + "\n")
    self.record.flush()

  def note(self, test, outcome, detail=""):
    if self.outcome is None:
      # Outside of a test: a class or module whose setup failed, or that is skipped completely.
      self.write(test=test.id(), outcome=outcome, detail=detail)
    elif SEVERITY.index(outcome) >= SEVERITY.index(self.outcome):
      self.outcome, self.detail = outcome, detail

  def describe(self, test, error):
    return self._exc_info_to_string(error, test)[-4000:]

  def startTest(self, test):
    super().startTest(test)
    self.outcome = "passed"
    self.detail = ""
    self.write(begin=test.id())

  def stopTest(self, test):
    super().stopTest(test)
    self.write(test=test.id(), outcome=self.outcome, detail=self.detail)
    self.outcome = None

  def addSkip(self, test, reason):
    self.note(test, "skipped", reason)

  def addExpectedFailure(self, test, error):
    self.note(test, "expected failure")

  def addUnexpectedSuccess(self, test):
    self.note(test, "unexpected success")

  def addFailure(self, test, error):
    self.note(test, "failed", self.describe(test, error))

  def addError(self, test, error):
    self.note(test, "error", self.describe(test, error))

  def addSubTest(self, test, subtest, error):
    if error is not None:
      failed = issubclass(error[0], test.failureException)
      self.note(test, "failed" if failed else "error", str(subtest) + "\n" + self.describe(test, error))


def main(path, name):
  with open(path, "w") as record:
    recorder = Recorder(record)
    # Tests expect to run in an empty folder of their own.
    os.chdir(os.path.dirname(path))
    os.mkdir(name)
    os.chdir(name)
    try:
      suite = unittest.defaultTestLoader.loadTestsFromName("test." + name)
    except unittest.SkipTest as reason:
      recorder.write(test=name, outcome="skipped", detail=str(reason))
    else:
      with warnings.catch_warnings():
        warnings.simplefilter("default")
        suite.run(recorder)
    recorder.write(end=True)


if __name__ == "__main__":
  main(*sys.argv[1:])
