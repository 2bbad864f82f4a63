#!/usr/bin/env python3
"""Ask as ../ask.py does, of the program that the chain of apk has built: $APK."""
import os
import sys

os.execv(os.environ["APK"], [os.environ["APK"], *sys.argv[1:]])
