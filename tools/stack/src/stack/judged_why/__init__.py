"""Judges ``console why`` by the failure catalogue: what is named first when a part of the traffic meets a failure?"""
