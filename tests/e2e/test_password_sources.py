"""Where the password comes from when it is not in the configuration."""

import os
import signal
import time

import pytest
from faults import MAIL
from queues import keep_queue
from runner import CODE, USER, finish
