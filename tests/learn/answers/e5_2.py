"""Answers to exercise 5.2, a step with momentum."""

import numpy as np


def in_two_parts(weight, gradient, velocity, learning_rate, momentum):
    """Move by the faded velocity and by the gradient, in float32."""
    weight, gradient, velocity = (array.astype(np.float32) for array in (weight, gradient, velocity))
    moved = weight - learning_rate * momentum * velocity - learning_rate * gradient
    return [moved, momentum * velocity + gradient]


def loops(weight, gradient, velocity, learning_rate, momentum):
    """Go through every number."""
    new_weight, new_velocity = np.zeros(weight.shape), np.zeros(weight.shape)
    for place in np.ndindex(*weight.shape):
        new_velocity[place] = momentum * velocity[place] + gradient[place]
        new_weight[place] = weight[place] - learning_rate * new_velocity[place]
    return new_weight, new_velocity


def uphill(weight, gradient, velocity, learning_rate, momentum):
    velocity = momentum * velocity + gradient
    return weight + learning_rate * velocity, velocity


def old_velocity(weight, gradient, velocity, learning_rate, momentum):
    return weight - learning_rate * velocity, momentum * velocity + gradient


def running_mean(weight, gradient, velocity, learning_rate, momentum):
    velocity = momentum * velocity + (1 - momentum) * gradient
    return weight - learning_rate * velocity, velocity


def looks_ahead(weight, gradient, velocity, learning_rate, momentum):
    velocity = momentum * velocity + gradient
    return weight - learning_rate * (gradient + momentum * velocity), velocity


def velocity_of_steps(weight, gradient, velocity, learning_rate, momentum):
    velocity = momentum * velocity - learning_rate * gradient
    return weight + velocity, velocity


def forgets(weight, gradient, velocity, learning_rate, momentum):
    return weight - learning_rate * gradient, gradient


def never_fades(weight, gradient, velocity, learning_rate, momentum):
    velocity = velocity + gradient
    return weight - learning_rate * velocity, velocity


def in_place(weight, gradient, velocity, learning_rate, momentum):
    velocity *= momentum
    velocity += gradient
    weight -= learning_rate * velocity
    return weight, velocity


def weight_only(weight, gradient, velocity, learning_rate, momentum):
    return loops(weight, gradient, velocity, learning_rate, momentum)[0]


RIGHT = [in_two_parts, loops]
WRONG = [
    (uphill, "without momentum, it is plain descent"),
    (old_velocity, "without momentum, it is plain descent"),
    (running_mean, "a new gradient counts whole"),
    (looks_ahead, "a new gradient counts whole"),
    (velocity_of_steps, "the velocity adds up gradients, not steps"),
    (forgets, "on flat ground, it rolls on and slows down"),
    (never_fades, "on flat ground, it rolls on and slows down"),
    (in_place, "the inputs stay as they are"),
]
